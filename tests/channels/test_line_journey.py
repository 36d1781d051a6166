"""An official account by webhook and the real engine: nobody gets a message twice, whatever breaks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace

import pytest

from channels.actions.register_webhook import register_webhook
from channels.models import Channel, Contact
from sequencer.workspaces.actor import SYSTEM
from sequences.actions.rescue import rescue
from sequences.actions.runs import declare_dead
from sequences.models import Delivery
from sequences.rules.payloads import encode
from tests.actions.cast import delivery_of, enter, subscription_of
from tests.actions.conftest import clock, engine
from tests.actions.test_rescue import dies_after_the_request
from tests.builders import a_channel, a_contact, a_sequence
from tests.channels.calling_webhooks import in_process
from tests.doubles.line import CREDENTIALS, LineDouble, event, postback
from tests.engine import Clock, Engine

__all__ = ["clock", "engine"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def line(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[LineDouble]:
    monkeypatch.setattr("channels.webhooks.views.timezone", SimpleNamespace(now=clock))
    monkeypatch.setattr("channels.webhooks.views.enqueue_profiles", lambda contact_ids: None)
    with LineDouble(in_process, clock) as double:
        yield double


@pytest.fixture
def account(line: LineDouble) -> Channel:
    account = a_channel(kind="line", credentials=CREDENTIALS, settings={"base_url": line.base_url})
    line.webhook = f"/webhooks/line/{account.public_id}/"
    return account


def test_from_a_follow_to_an_unfollow_and_back(
    account: Channel, line: LineDouble, engine: Engine, clock: Clock
) -> None:
    sequence = a_sequence(
        account.workspace, [{"notification_type": "no_push"}, {"delay_unit": "hours", "delay_amount": 1}]
    )
    subscribe = encode({"action": "subscribe", "sequence": sequence.public_id})
    line.tell()
    line.tell(event("follow", "U1", clock()), postback("U1", clock(), subscribe))
    engine.settle()
    assert [(sent["to"], sent.get("notificationDisabled")) for sent in line.shown] == [("U1", True)]
    gone = event("unfollow", "U1", clock() + timedelta(seconds=1))
    clock.forward(seconds=2)
    line.tell(gone)
    ann = Contact.objects.get()
    assert (subscription_of(ann).state, subscription_of(ann).ended_because) == ("stopped", "blocked")
    clock.forward(seconds=2)
    line.tell(event("follow", "U1", clock()))
    redelivered = {**gone, "webhookEventId": "another", "deliveryContext": {"isRedelivery": True}}
    line.tell(gone, redelivered)
    ann.refresh_from_db()
    assert ann.blocked_at is None
    assert len(line.accepted) == 1


@pytest.mark.parametrize("fault", ["reset", "bare_504", "invalid_json"])
def test_a_push_in_doubt_goes_again_under_its_key_and_arrives_once(
    account: Channel, line: LineDouble, engine: Engine, clock: Clock, fault: str
) -> None:
    ann = a_contact(account, "U1")
    enter(a_sequence(account.workspace), ann, now=clock())
    line.fault(fault, times=1)
    engine.settle()
    assert (delivery_of(ann).state, len(line.accepted)) == ("waiting", 1)
    engine.travel(hours=1)
    delivery = delivery_of(ann)
    assert (delivery.state, delivery.attempts, delivery.reason_details) == ("sent", 2, {})
    assert [request.headers["x-line-retry-key"] for request in line.requests] == [
        line.requests[0].headers["x-line-retry-key"]
    ] * 2
    assert len(line.accepted) == 1


def test_a_push_in_doubt_for_longer_than_line_remembers_its_key_never_goes_again(
    account: Channel, line: LineDouble, engine: Engine, clock: Clock
) -> None:
    """Something else holds it up meanwhile: the answer that never came counts from when the request left."""
    ann = a_contact(account, "U1")
    enter(a_sequence(account.workspace, [{}, {}]), ann, now=clock())
    line.fault("reset", times=1)
    engine.settle()
    line.limit = "rate"
    engine.travel(hours=1)
    assert delivery_of(ann).state == "waiting"
    Channel.objects.update(state="paused")
    engine.travel(hours=23)
    Channel.objects.update(state="active", trouble_until=None, trouble_rounds=0)
    line.limit = ""
    engine.travel(minutes=1)
    first, second = Delivery.objects.order_by("pk")
    assert (first.state, first.reason) == ("unknown", "outcome_unknown")
    assert second.state == "sent"
    assert len(line.accepted) == 2


def test_what_a_dead_run_left_in_doubt_keeps_the_moment_of_its_request_and_arrives_once(
    account: Channel, line: LineDouble, engine: Engine, clock: Clock
) -> None:
    ann = a_contact(account, "U1")
    enter(a_sequence(account.workspace), ann, now=clock())
    dies_after_the_request(engine)
    left_at = clock()
    declare_dead(engine.run, now=clock.forward(hours=1))
    rescue(engine.run, now=clock())
    kept = Delivery.objects.values_list("state", "reason_details").get()
    assert kept == ("waiting", {"in_doubt_since": left_at.isoformat()})
    another = Engine(clock, seed=2)
    another.settle()
    another.close()
    assert (delivery_of(ann).state, len(line.accepted), len(line.requests)) == ("sent", 1, 2)


def test_the_months_limit_lets_the_channel_wait(
    account: Channel, line: LineDouble, engine: Engine, clock: Clock
) -> None:
    ann = a_contact(account, "U1")
    enter(a_sequence(account.workspace), ann, now=clock())
    line.limit = "monthly"
    engine.settle()
    account.refresh_from_db()
    assert account.trouble_until == clock() + timedelta(days=1)  # then somebody may have bought more
    assert delivery_of(ann).attempts == 0


def test_registering_is_checked_by_line_at_once(account: Channel, line: LineDouble, clock: Clock) -> None:
    line.deliver = lambda url, body, headers: (200, b"")
    register_webhook(account, now=clock(), actor=SYSTEM)
    assert line.webhook.endswith(f"/webhooks/line/{account.public_id}/")
