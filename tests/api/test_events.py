"""events/: something happened to somebody; the rules of the sequences start, stop and restart on it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from channels.inbound import record_inbound
from channels.messages import InboundEvent, InboundKind
from channels.models import Channel, Contact
from sequencer.workspaces.actor import SYSTEM
from sequencer.workspaces.models import Workspace
from sequences.actions.record_event import forget_old_contact_events
from sequences.actions.save_event_rules import RuleDraft, save_event_rules
from sequences.models import ContactEvent, Sequence, SequenceState, Subscription
from tests.api.calling import Program
from tests.builders import LONG_AGO, a_channel, a_contact, a_sequence, a_workspace

TWO_HOURS = [{"delay_amount": 2, "delay_unit": "hours"}]


@pytest.fixture
def channel(workspace: Workspace) -> Channel:
    return a_channel(workspace)


@pytest.fixture
def coupon(workspace: Workspace) -> Sequence:
    """The article's third example: started by a basket, stopped by an order."""
    made = a_sequence(workspace, name="Coupon", steps=TWO_HOURS)
    return with_rules(made, cart_abandoned="start", order_paid="stop", cart_changed="restart")


def with_rules(sequence: Sequence, **rules: str) -> Sequence:
    drafts = [RuleDraft(event, verb) for event, verb in rules.items()]
    save_event_rules(sequence, drafts, now=LONG_AGO, actor=SYSTEM)
    return sequence


def tell(program: Program, channel: Channel, name: str, **more: Any) -> list[tuple[Any, ...]]:
    """The effects: (verb, done, reason, state of the subscription)."""
    body = {"contact": {"channel": channel.public_id, "address": "ann"}, "name": name, **more}
    response = program.post("events/", body)
    assert response.status_code == 201, response.content
    effects = response.json()["effects"]
    return [
        (one["verb"], one["done"], one["reason"], one["subscription"] and one["subscription"]["state"])
        for one in effects
    ]


def test_a_basket_starts_and_an_order_stops(program: Program, channel: Channel, coupon: Sequence) -> None:
    assert tell(program, channel, "cart_abandoned") == [("start", True, None, "active")]
    assert tell(program, channel, "cart_abandoned") == [("start", False, "already_active", "active")]
    assert tell(program, channel, "order_paid") == [("stop", True, None, "stopped")]
    assert tell(program, channel, "order_paid") == [("stop", False, "not_inside", None)]
    assert Subscription.objects.get().ended_because == "exit_rule"


def test_a_restart_begins_anew_even_where_second_times_are_not_allowed(
    program: Program, channel: Channel, coupon: Sequence
) -> None:
    Sequence.objects.update(reentry=False)
    assert tell(program, channel, "cart_changed") == [("restart", True, None, "active")]
    first = Subscription.objects.get()
    assert tell(program, channel, "cart_changed") == [("restart", True, None, "active")]
    first.refresh_from_db()
    second = Subscription.objects.active().get()
    assert (first.state, first.ended_because) == ("stopped", "exit_rule")
    assert second.countdown_started_at > first.countdown_started_at
    # Whoever is not inside enters as anybody does: here nobody gets a second time.
    tell(program, channel, "order_paid")
    assert tell(program, channel, "cart_changed") == [("restart", False, "reentry_not_allowed", "stopped")]


def test_what_stops_comes_before_what_starts(program: Program, workspace: Workspace, channel: Channel) -> None:
    """Rules of two sequences; the one that was made first starts, the other one stops."""
    thanks = with_rules(a_sequence(workspace, name="Thanks", steps=TWO_HOURS), order_paid="start")
    reminder = with_rules(a_sequence(workspace, name="Reminder", steps=TWO_HOURS), cart="start", order_paid="stop")
    tell(program, channel, "cart")
    assert [verb for verb, *_ in tell(program, channel, "order_paid")] == ["stop", "start"]
    states = dict(Subscription.objects.values_list("sequence", "state"))
    assert states == {thanks.pk: "active", reminder.pk: "stopped"}


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("active", [("start", True, None, "active")]),
        ("paused", [("start", True, None, "active")]),
        ("draft", [("start", False, "sequence_not_active", None)]),
        ("archived", []),
    ],
)
def test_only_sequences_that_take_people_are_started(
    program: Program, channel: Channel, coupon: Sequence, state: str, expected: list[Any]
) -> None:
    Sequence.objects.update(state=state, paused_at=LONG_AGO if state == SequenceState.PAUSED else None)
    assert tell(program, channel, "cart_abandoned") == expected


def test_a_restart_that_is_not_possible_stops_nobody(program: Program, channel: Channel, coupon: Sequence) -> None:
    tell(program, channel, "cart_abandoned")
    Sequence.objects.update(state=SequenceState.DRAFT)
    assert tell(program, channel, "cart_changed") == [("restart", False, "sequence_not_active", None)]
    assert Subscription.objects.active().count() == 1


def test_somebody_who_opted_out_is_not_started(program: Program, channel: Channel, coupon: Sequence) -> None:
    a_contact(channel, address="ann", opted_out_at=LONG_AGO)
    assert tell(program, channel, "cart_abandoned") == [("start", False, "contact_unavailable", None)]


def test_an_event_is_kept_and_listed(program: Program, channel: Channel) -> None:
    tell(program, channel, "came_by", data={"shop": "Lille"}, at="2026-11-01T10:00:00Z")
    tell(program, channel, "paid")
    (listed,) = program.get("events/", name="came_by").json()["results"]
    assert (listed["name"], listed["at"], listed["data"]) == ("came_by", "2026-11-01T10:00:00Z", {"shop": "Lille"})
    assert listed["contact"] == Contact.objects.get().public_id
    assert program.get(f"events/{listed['id']}/").json() == listed
    month = timedelta(days=30)
    assert forget_old_contact_events(now=timezone.now() + month - timedelta(hours=1), kept_for=month) == 0
    assert forget_old_contact_events(now=timezone.now() + month + timedelta(hours=1), kept_for=month) == 2
    assert not ContactEvent.objects.exists()


@pytest.mark.parametrize(
    ("values", "refused"),
    [
        ({"name": "Cart Abandoned"}, [("name", "invalid_format")]),
        ({"name": "_x"}, [("name", "invalid_format")]),
        ({"name": ""}, [("name", "required")]),
        ({"name": "x" * 65}, [("name", "too_long")]),
        # Sequencer notices these itself: interactions/ tells of them.
        ({"name": "message_received"}, [("name", "event_is_noticed")]),
        ({"at": "2999-01-01T00:00:00Z"}, [("at", "in_the_future")]),
        ({"at": "yesterday"}, [("at", "invalid_format")]),
        ({"data": ["x"]}, [("data", "invalid_type")]),
        ({"contact": {"id": "ctc_12345678"}}, [("contact.id", "not_found")]),
        ({"workspace": 1}, [("workspace", "unknown_field")]),
    ],
)
def test_what_is_no_event_is_refused_on_its_field_and_nobody_is_made(
    program: Program, channel: Channel, values: dict[str, Any], refused: list[Any]
) -> None:
    body = {"contact": {"channel": channel.public_id, "address": "ann"}, "name": "paid", **values}
    assert program.refused(program.post("events/", body)) == refused
    assert not Contact.objects.exists()


def test_rules_are_read_and_replaced(program: Program, workspace: Workspace, coupon: Sequence) -> None:
    path = f"sequences/{coupon.public_id}/rules/"
    assert [rule["event"] for rule in program.get(path).json()["rules"]] == [
        "cart_abandoned",
        "cart_changed",
        "order_paid",
    ]
    rules = [{"event": "order_paid", "verb": "stop"}, {"event": "cart_abandoned", "verb": "restart"}]
    stored = program.patch(path, {"rules": rules})
    assert stored.json() == {"rules": sorted(rules, key=lambda rule: rule["event"])}
    twice = [{"event": "x", "verb": "stop"}, {"event": "x", "verb": "start"}, {"event": "Y!", "verb": "stop"}]
    assert program.refused(program.patch(path, {"rules": twice})) == [
        ("rules.1.event", "duplicate"),
        ("rules.2.event", "invalid_format"),
    ]
    assert program.refused(program.patch(path, {"rules": [{"event": "x", "verb": "explode"}]})) == [
        ("rules.0.verb", "unknown_choice")
    ]
    assert program.get(path).json() == stored.json()
    foreign = a_sequence(a_workspace())
    assert program.get(f"sequences/{foreign.public_id}/rules/").status_code == 404


@pytest.mark.parametrize(("kind", "event"), [("message", "message_received"), ("button", "button_tapped")])
def test_what_a_person_does_is_an_event_too(workspace: Workspace, channel: Channel, kind: str, event: str) -> None:
    """The article's second example: feedback 2 hours after the person last talked."""
    with_rules(a_sequence(workspace, name="Feedback", steps=TWO_HOURS), **{event: "restart"})
    for minute in (0, 30):
        at = LONG_AGO + timedelta(minutes=minute)
        record_inbound(channel, [InboundEvent("ann", at, InboundKind(kind))] * 3, now=at)
    record_inbound(channel, [InboundEvent("bob", at, InboundKind.OTHER)], now=at)
    active = Subscription.objects.active().get()
    assert active.next_send_at == LONG_AGO + timedelta(minutes=30, hours=2)
    assert Subscription.objects.count() == 2


def test_a_crowd_that_says_what_no_rule_names_costs_one_query(
    workspace: Workspace, channel: Channel, coupon: Sequence
) -> None:
    counts = []
    for crowd in (1, 20):
        people = [InboundEvent(f"p{number}", LONG_AGO, InboundKind.MESSAGE) for number in range(crowd)]
        record_inbound(channel, people, now=LONG_AGO)
        with CaptureQueriesContext(connection) as seen:
            record_inbound(channel, people, now=LONG_AGO)
        counts.append((len(seen), len([query for query in seen if "sequences_eventrule" in query["sql"]])))
    assert counts[0] == counts[1]
    assert counts[0][1] == 1
