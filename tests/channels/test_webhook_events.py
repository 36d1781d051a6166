"""What Messenger's events mean to us."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from channels.actions.record_events import REMEMBERED_FOR, forget_old_events
from channels.inbound import Interaction
from channels.models import Channel, Contact, SeenEvent
from channels.signals import people_interacted
from sequencer.workspaces.models import AuditEvent
from sequences.models import Subscription
from sequences.rules.payloads import encode
from tests.actions.cast import enter, subscription_of
from tests.builders import a_contact, a_sequence
from tests.channels.calling_webhooks import a_webhook_page, happens, post
from tests.doubles.graph_events import (
    echo,
    event,
    message,
    optin,
    policy,
    post_of,
    postback,
    quick_reply,
    read,
)

# Real moments: the webhook reads the clock by itself. Whole milliseconds, as Messenger tells them.
NOW = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Channel:
    monkeypatch.setattr("channels.webhooks.views.enqueue_profiles", lambda contact_ids: None)
    return a_webhook_page()


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What the listeners were told, as (address, kind, payload), by the way that tells them of everything."""
    told: list[tuple[str, str, str]] = []

    def listen(*, interactions: list[Interaction], **others: Any) -> None:
        told.extend((one.contact.address, one.kind.value, one.payload) for one in interactions)

    monkeypatch.setattr("channels.actions.record_events.take_at_once", lambda *events, **moments: False)
    people_interacted.connect(listen)
    yield told
    people_interacted.disconnect(listen)


def contact(address: str = "ann") -> Contact:
    found: Contact = Contact.objects.get(address=address)
    return found


@pytest.mark.parametrize(
    ("happening", "kind", "payload"),
    [
        (message("ann", NOW), "message", ""),
        (event("ann", NOW, message={"mid": "m", "attachments": [{"type": "sticker"}]}), "message", ""),
        (quick_reply("ann", NOW, "YES"), "button", "YES"),
        (postback("ann", NOW, "START"), "button", "START"),
        (event("ann", NOW, postback={"title": "Go", "payload": "G", "referral": {"ref": "x"}}), "button", "G"),
        (event("ann", NOW, reaction={"reaction": "love", "action": "react", "mid": "m_1"}), "other", ""),
        (event("ann", NOW, referral={"ref": "x", "source": "SHORTLINK", "type": "OPEN_THREAD"}), "other", ""),
    ],
)
def test_what_people_do_opens_the_window(
    page: Channel, heard: Any, happening: dict[str, Any], kind: str, payload: str
) -> None:
    happens(page, happening)
    assert heard == [("ann", kind, payload)]
    assert contact().last_interaction_at == NOW
    assert (contact().last_reply_at == NOW) == (kind != "other")


@pytest.mark.parametrize(
    "happening",
    [
        echo("ann", NOW, "m_1", "1.0"),
        read("ann", NOW),
        event("ann", NOW, delivery={"watermark": 1}),
        event("ann", NOW, reaction={"action": "unreact", "mid": "m_1"}),
        optin("ann", NOW),
        event("ann", NOW, account_linking={"status": "linked"}),
        message("100", NOW),  # the Page itself
    ],
)
def test_what_is_no_deed_of_theirs_opens_nothing(page: Channel, heard: Any, happening: dict[str, Any]) -> None:
    a_contact(page, "ann")
    happens(page, happening)
    assert heard == []
    assert contact().last_interaction_at is None


def test_several_entries_and_events_come_in_one_post(page: Channel, heard: Any) -> None:
    later = NOW + timedelta(seconds=1)
    one, other = post_of(message("bob", later), postback("ann", NOW, "P")), post_of(message("cleo", NOW))
    body = one[:-2] + b", " + other[other.index(b"[") + 1 :]
    assert post(page, body) == 200
    assert sorted(heard) == [("ann", "button", "P"), ("bob", "message", ""), ("cleo", "message", "")]
    assert heard[-1][0] == "bob"  # by the moments, not by the order in the post


def test_standby_events_count_as_well(page: Channel) -> None:
    body = post_of(message("ann", NOW)).replace(b'"messaging"', b'"standby"')
    assert post(page, body) == 200
    assert contact().last_interaction_at == NOW


def test_an_older_message_never_moves_the_window_back(page: Channel) -> None:
    happens(page, message("ann", NOW))
    happens(page, message("ann", NOW - timedelta(hours=5)))
    assert contact().last_interaction_at == NOW


def test_the_same_event_counts_once_whatever_post_it_comes_in(page: Channel, heard: Any) -> None:
    hello, tap = message("ann", NOW, mid="m_1"), postback("ann", NOW, "P")
    happens(page, hello, hello)
    happens(page, tap, hello)
    happens(page, tap)
    assert heard == [("ann", "message", ""), ("ann", "button", "P")]


def test_the_same_event_on_two_channels_is_two_events(page: Channel, heard: Any) -> None:
    other = a_webhook_page()
    for channel in (page, other):
        happens(channel, message("ann", NOW, mid="m_1"))
    assert len(heard) == 2


def test_what_was_seen_is_forgotten_after_a_week(page: Channel) -> None:
    happens(page, message("ann", NOW))
    assert forget_old_events(now=datetime.now(UTC)) == 0
    assert forget_old_events(now=datetime.now(UTC) + REMEMBERED_FOR) == 1
    assert not SeenEvent.objects.exists()


def test_a_tapped_button_subscribes_by_itself(page: Channel) -> None:
    sequence = a_sequence(page.workspace)
    payload = encode({"action": "subscribe", "sequence": sequence.public_id})
    for _ in range(3):
        happens(page, postback("ann", NOW, payload))
    assert subscription_of(contact(), sequence).state == "active"
    assert Subscription.objects.count() == 1


def test_a_block_pauses_the_channel_and_the_owners_will_be_told(page: Channel) -> None:
    happens(page, policy(NOW, "block", "spam"))
    page.refresh_from_db()
    assert (page.state, page.paused_because, page.owners_told_at) == ("paused", "account_restricted", None)
    happens(page, policy(NOW + timedelta(seconds=1), "unblock"))
    page.refresh_from_db()
    assert page.state == "paused"  # until an owner resumes it


def test_a_warning_is_only_noted(page: Channel) -> None:
    for _ in range(2):
        happens(page, policy(NOW, "warning", "too many"))
    page.refresh_from_db()
    assert page.state == "active"
    noted = AuditEvent.objects.get(verb="policy_notice")
    assert noted.changes == {"policy": [None, "warning"], "reason": [None, "too many"]}


def test_who_stops_notifications_opts_out_and_who_takes_them_again_opts_in(page: Channel) -> None:
    ann = a_contact(page, "ann")
    [subscription] = enter(a_sequence(page.workspace), ann, now=NOW)
    happens(page, optin("ann", NOW, "STOP_NOTIFICATIONS"))
    subscription.refresh_from_db()
    assert (contact().opted_out_at, subscription.ended_because) == (NOW, "opted_out")
    happens(page, optin("ann", NOW + timedelta(seconds=1), "RESUME_NOTIFICATIONS"))
    assert contact().opted_out_at is None


def test_1000_messages_in_one_post_cost_a_few_dozen_queries(page: Channel) -> None:
    body = post_of(*(message(f"person-{number}", NOW) for number in range(1000)))
    with CaptureQueriesContext(connection) as captured:
        assert post(page, body) == 200
    assert Contact.objects.filter(last_interaction_at=NOW).count() == 1000
    assert len(captured) < 60


def test_a_post_with_1000_events_of_all_sorts_costs_a_few_hundred_queries(page: Channel) -> None:
    """Meta waits five seconds: receipts and echoes, too, are looked up by the hundred."""
    people = [f"person-{number}" for number in range(250)]
    sorts = (message, lambda who, at: postback(who, at, "P"), read, lambda who, at: echo(who, at, f"m_{who}", "1.0"))
    with CaptureQueriesContext(connection) as captured:
        happens(page, *(sort(person, NOW) for person in people for sort in sorts))
    assert len(captured) < 300, len(captured)
    assert Contact.objects.filter(last_interaction_at=NOW).count() == 250
