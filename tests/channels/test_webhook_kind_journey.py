"""A receiver that checks every request by Standard Webhooks' own library, and the real engine."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace

import pytest

from channels.actions.check_connection import Verdict, check_connection
from channels.actions.save_channel import ChannelDraft, save_channel
from channels.ask import run_ask
from channels.models import Channel
from channels.standard_webhooks import new_secret
from channels.transports import Doors, HttpDoor, LocalDoor
from channels.transports.addresses import AddressRules
from sequencer.workspaces.actor import SYSTEM
from sequencer.workspaces.refusals import Refused
from tests.actions.cast import TWO_PARTS, delivery_of, enter, subscription_of
from tests.actions.conftest import clock, engine
from tests.builders import a_channel, a_contact, a_sequence, a_sub_flow
from tests.doubles.receiver import SECRET, ReceiverDouble
from tests.engine import Clock, Engine

__all__ = ["clock", "engine"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def receiver(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[ReceiverDouble]:
    with ReceiverDouble(clock, monkeypatch) as double:
        yield double


@pytest.fixture
def account(receiver: ReceiverDouble) -> Channel:
    return a_channel(
        kind="webhook", credentials={"signing_secret": SECRET}, settings={"url": f"{receiver.base_url}/hook"}
    )


def change_secret(account: Channel, secret: str, clock: Clock, **settings: str) -> None:
    draft = ChannelDraft(settings=settings, credentials={"signing_secret": secret})
    save_channel(account.workspace, account, draft, now=clock(), actor=SYSTEM)
    account.refresh_from_db()


def test_every_request_is_verified_also_while_the_secret_changes(
    account: Channel, receiver: ReceiverDouble, engine: Engine, clock: Clock
) -> None:
    """A message every four hours; the owner changes the secret, hours later the receiver does, then a day goes by."""
    sub_flow = a_sub_flow(account.workspace, blocks=TWO_PARTS)
    step = {"delay_unit": "hours", "delay_amount": 4, "sub_flow": sub_flow}
    ann = a_contact(account, "ann@crm", first_name="Ann")
    enter(a_sequence(account.workspace, [step] * 9), ann, now=clock())
    engine.travel(hours=4)
    fresh = new_secret()
    change_secret(account, fresh, clock)
    engine.travel(hours=4)
    receiver.secret = fresh
    signatures = set()
    for _ in range(7):
        engine.travel(hours=4)
        signatures.add(len(receiver.requests[-1].headers["webhook-signature"].split()))
    assert signatures == {1, 2}
    assert (receiver.refused, len(receiver.seen), len(receiver.requests)) == (0, 18, 18)
    assert {event["data"]["contact"]["first_name"] for event in receiver.accepted} == {"Ann"}
    assert subscription_of(ann).state == "completed"


@pytest.mark.parametrize("fault", ["reset", "bare_502", "bare_504", "html_500", "redirect"])
def test_what_the_receiver_may_or_may_not_have_got_arrives_once(
    account: Channel, receiver: ReceiverDouble, engine: Engine, clock: Clock, fault: str
) -> None:
    ann = a_contact(account, "ann@crm")
    enter(a_sequence(account.workspace), ann, now=clock())
    receiver.fault(fault, times=1)
    engine.settle()
    assert delivery_of(ann).state == "waiting"
    in_doubt = fault in ("reset", "bare_502", "bare_504")
    assert ("in_doubt_since" in delivery_of(ann).reason_details) == in_doubt
    engine.travel(hours=1)
    assert (delivery_of(ann).state, delivery_of(ann).reason_details) == ("sent", {})
    assert (len(receiver.seen), len(receiver.requests), receiver.refused) == (1, 2, 0)
    assert {request.path for request in receiver.requests} == {"/hook"}
    first, second = (request.headers["webhook-timestamp"] for request in receiver.requests)
    assert int(second) > int(first)


def test_a_slow_receiver_gets_it_again_under_the_same_id(
    account: Channel, receiver: ReceiverDouble, engine: Engine, clock: Clock
) -> None:
    ann = a_contact(account, "ann@crm")
    enter(a_sequence(account.workspace), ann, now=clock())
    receiver.fault("slow", times=1, seconds=1.0)
    impatient = HttpDoor(allow=AddressRules(is_open=True), timeout=0.3)
    engine.dispatcher.doors = Doors(http=impatient, local=LocalDoor(lambda batch: []))
    engine.settle()
    assert delivery_of(ann).state == "waiting"
    engine.travel(hours=1)
    impatient.close()
    assert (delivery_of(ann).state, len(receiver.seen), len(receiver.requests)) == ("sent", 1, 2)


def test_not_so_fast_lets_the_channel_rest_and_costs_no_attempt(
    account: Channel, receiver: ReceiverDouble, engine: Engine, clock: Clock
) -> None:
    ann = a_contact(account, "ann@crm")
    enter(a_sequence(account.workspace), ann, now=clock())
    receiver.fault("429", times=1, seconds=90)
    engine.settle()
    account.refresh_from_db()
    assert account.trouble_until == clock() + timedelta(seconds=90)
    engine.travel(seconds=89)
    assert (len(receiver.requests), delivery_of(ann).attempts) == (1, 0)
    engine.travel(seconds=1)
    assert (len(receiver.requests), delivery_of(ann).state) == (2, "sent")


def test_a_receiver_that_is_gone_pauses_the_channel_and_nothing_is_lost(
    account: Channel, receiver: ReceiverDouble, engine: Engine, clock: Clock
) -> None:
    ann, bob = a_contact(account, "ann@crm"), a_contact(account, "bob@crm")
    sequence = a_sequence(account.workspace)
    enter(sequence, ann, now=clock())
    receiver.fault("error", status=410, error={})
    engine.settle()
    enter(sequence, bob, now=clock())
    engine.travel(hours=1)
    account.refresh_from_db()
    assert (account.state, account.paused_because) == ("paused", "account_restricted")
    assert account.paused_detail == "HTTP 410: gone for good"
    assert len(receiver.requests) == 1
    assert subscription_of(ann).state == subscription_of(bob).state == "active"


def test_an_address_inside_the_network_is_never_called(
    account: Channel, receiver: ReceiverDouble, clock: Clock
) -> None:
    ann = a_contact(account, "ann@crm")
    enter(a_sequence(account.workspace), ann, now=clock())
    strict = Doors(http=HttpDoor(allow=AddressRules.parse("0")), local=LocalDoor(lambda batch: []))
    engine = Engine(clock, doors=strict)
    engine.settle()
    engine.close()
    account.refresh_from_db()
    assert (account.state, receiver.requests) == ("paused", [])
    assert "may not be reached" in account.paused_detail


def test_who_answers_that_the_person_is_gone_gets_nothing_more_for_them(
    account: Channel, receiver: ReceiverDouble, engine: Engine, clock: Clock
) -> None:
    ann = a_contact(account, "ann@crm")
    enter(a_sequence(account.workspace, [{}, {}]), ann, now=clock())
    receiver.will_answer(404, {"error": "opted_out"})
    engine.settle()
    ann.refresh_from_db()
    assert (subscription_of(ann).ended_because, ann.opted_out_at) == ("opted_out", clock())
    assert len(receiver.requests) == 1


def test_the_connection_is_tested_by_a_signed_event(account: Channel, receiver: ReceiverDouble, clock: Clock) -> None:
    finding = check_connection(account, now=clock(), actor=SYSTEM, ask=run_ask)
    assert (finding.verdict, receiver.accepted[-1]["type"]) == (Verdict.CONNECTED, "test")
    assert finding.found is not None
    assert receiver.base_url.endswith(finding.found.name)
    change_secret(account, new_secret(), clock, former_secret="none")
    assert check_connection(account, now=clock(), actor=SYSTEM).verdict is Verdict.TOKEN_REFUSED
    assert len(receiver.seen) == 1


WRONG: list[tuple[dict[str, str], dict[str, str], str]] = [
    ({}, {"signing_secret": SECRET}, "settings.url"),
    ({"url": "shop.example/hook"}, {"signing_secret": SECRET}, "settings.url"),
    ({"url": "http://shop.example/hook"}, {"signing_secret": SECRET}, "settings.url"),
    ({"url": "https://me:word@shop.example/"}, {"signing_secret": SECRET}, "settings.url"),
    ({"url": "https://shop.example/"}, {"signing_secret": "secret"}, "credentials.signing_secret"),
    ({"url": "https://shop.example/"}, {}, "credentials.signing_secret"),
    (
        {"url": "https://shop.example/"},
        {"signing_secret": SECRET, "former_secret": SECRET},
        "credentials.former_secret",
    ),
    ({"url": "https://shop.example/", "former_secret": "year"}, {"signing_secret": SECRET}, "settings.former_secret"),
]


@pytest.mark.once("sqlite")
@pytest.mark.parametrize(("settings", "credentials", "field"), WRONG)
def test_what_cannot_work_is_refused_when_saved(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], credentials: dict[str, str], field: str
) -> None:
    strict = SimpleNamespace(ALLOW_PRIVATE_ADDRESSES=False, PRIVATE_NETWORKS=[])
    monkeypatch.setattr("channels.actions.base_addresses.operators", strict)
    workspace = a_channel().workspace
    draft = ChannelDraft("webhook", "Hook", settings, credentials)
    with pytest.raises(Refused) as caught:
        save_channel(workspace, None, draft, now=clock(), actor=SYSTEM)
    assert [problem.field for problem in caught.value.problems] == [field]
