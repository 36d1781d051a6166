"""A hold never counts as an attempt: late workers, paused channels, busy people, closed reply windows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from channels.actions.opt_out import opt_out
from channels.actions.pause_channel import pause_channel, resume_channel
from channels.messages import InboundKind
from sequencer.workspaces.actor import SYSTEM
from sequences.rules.timing import weekday_mask
from tests.actions.cast import (
    a_page,
    a_sandbox,
    delivery_of,
    drafts_of,
    edit_steps,
    enter,
    interacts,
    people_of,
    states_of,
    subscription_of,
    texts,
)
from tests.builders import a_channel, a_contact, a_sequence, a_sub_flow, a_workspace
from tests.doubles.graph import GraphDouble
from tests.engine import MONDAY_NOON, Clock, Engine, texts_shown_to, writes

pytestmark = pytest.mark.django_db

OFFICE_HOURS = {"window_start": time(9), "window_end": time(18)}
NEXT_MORNING = datetime(2026, 11, 24, 9, tzinfo=UTC)
HOURS_5 = {"delay_unit": "hours", "delay_amount": 5}  # from noon: 17:00


def test_a_late_worker_holds_to_the_next_opening_and_no_attempt_is_used(engine: Engine, clock: Clock) -> None:
    workspace = a_workspace()
    ann = a_contact(a_sandbox(workspace))
    enter(a_sequence(workspace, texts(workspace, "Good day", **HOURS_5, **OFFICE_HOURS)), ann, now=clock())
    engine.travel(hours=9)  # due at 17:00; the worker comes at 21:00
    held = subscription_of(ann)
    assert (held.next_send_at, held.next_because) == (NEXT_MORNING, "outside_window")
    assert (texts_shown_to(ann), states_of(ann)) == ([], [])
    engine.travel_to(NEXT_MORNING - timedelta(seconds=1))
    assert texts_shown_to(ann) == []
    engine.travel_to(NEXT_MORNING)
    assert (texts_shown_to(ann), delivery_of(ann).attempts) == (["Good day"], 1)


def test_a_hold_obeys_an_edit_made_afterwards(engine: Engine, clock: Clock) -> None:
    """Held to the next morning by a window that the marketer then takes away: it goes at once."""
    workspace = a_workspace()
    ann = a_contact(a_sandbox(workspace))
    sequence = a_sequence(workspace, texts(workspace, "Good day", **HOURS_5, **OFFICE_HOURS))
    enter(sequence, ann, now=clock())
    engine.travel(hours=9)
    [draft] = drafts_of(sequence)
    edit_steps(sequence, clock, [replace(draft, window_start=None, window_end=None)])
    engine.settle()
    assert texts_shown_to(ann) == ["Good day"]


def test_a_hold_by_the_weekday_names_it(engine: Engine, clock: Clock) -> None:
    workspace = a_workspace()
    ann = a_contact(a_sandbox(workspace))
    mondays = weekday_mask(["mon"])
    enter(a_sequence(workspace, texts(workspace, "Monday!", **HOURS_5, weekdays=mondays)), ann, now=clock())
    engine.travel(hours=30)
    held = subscription_of(ann)
    assert (held.next_send_at, held.next_because) == (datetime(2026, 11, 30, tzinfo=UTC), "weekday_closed")


def test_a_paused_channel_keeps_every_place_and_counts_nothing(engine: Engine, clock: Clock) -> None:
    workspace = a_workspace()
    channel, other = a_sandbox(workspace), a_sandbox(workspace)
    ann, bob = a_contact(channel), a_contact(other)
    pause_channel(channel, now=clock(), actor=SYSTEM)
    enter(a_sequence(workspace, texts(workspace, "One", "Two")), ann, bob, now=clock())
    for _ in range(5):
        engine.travel(hours=1)
    assert (texts_shown_to(ann), states_of(ann)) == ([], [])
    assert subscription_of(ann).next_send_at == MONDAY_NOON  # its place, and due
    assert texts_shown_to(bob) == ["One", "Two"]
    resume_channel(channel, now=clock(), actor=SYSTEM)
    engine.settle()
    assert texts_shown_to(ann) == ["One", "Two"]
    assert list(ann.deliveries.values_list("attempts", flat=True)) == [1, 1]


def test_a_channel_that_is_paused_after_the_claim_gets_its_message_back(engine: Engine, clock: Clock) -> None:
    """Between the decision and the wire: put back, with the attempt."""
    workspace = a_workspace()
    channel = a_sandbox(workspace)
    ann = a_contact(channel)
    enter(a_sequence(workspace, texts(workspace, "One")), ann, now=clock())
    engine.decide()
    assert delivery_of(ann).state == "sending"
    pause_channel(channel, now=clock(), actor=SYSTEM)
    engine.settle()
    delivery, held = delivery_of(ann), subscription_of(ann)
    assert (delivery.state, delivery.attempts, held.run_id) == ("waiting", 0, None)
    assert (held.next_send_at, texts_shown_to(ann)) == (MONDAY_NOON, [])
    resume_channel(channel, now=clock(), actor=SYSTEM)
    engine.settle()
    assert (texts_shown_to(ann), delivery_of(ann).attempts) == (["One"], 1)


def test_what_waited_for_a_channel_goes_within_its_own_window(engine: Engine, clock: Clock) -> None:
    workspace = a_workspace()
    channel = a_sandbox(workspace)
    ann, bob = people_of(channel, 2)
    enter(a_sequence(workspace, texts(workspace, "Office", **OFFICE_HOURS)), ann, now=clock())
    pause_channel(channel, now=clock(), actor=SYSTEM)
    enter(a_sequence(workspace, texts(workspace, "Any time")), bob, now=clock())
    engine.travel(hours=8)  # 20:00
    resume_channel(channel, now=clock(), actor=SYSTEM)
    engine.settle()
    assert (texts_shown_to(ann), texts_shown_to(bob)) == ([], ["Any time"])
    assert subscription_of(ann).next_send_at == NEXT_MORNING
    engine.travel_to(NEXT_MORNING)
    assert texts_shown_to(ann) == ["Office"]


def test_a_limit_for_one_person_costs_no_attempt(engine: Engine, clock: Clock, graph: GraphDouble) -> None:
    workspace = a_workspace()
    ann, bob = people_of(a_page(graph, workspace), 2, last_interaction_at=clock())
    graph.fault("error", recipient=ann.address, times=8, error={"code": 613, "error_subcode": 2018338})
    enter(a_sequence(workspace), ann, bob, now=clock())
    engine.settle()
    busy = subscription_of(ann)
    assert (busy.next_because, busy.next_send_at) == ("contact_busy", clock() + timedelta(seconds=10))
    assert (delivery_of(ann).state, delivery_of(ann).attempts) == ("waiting", 0)
    assert delivery_of(bob).state == "sent"
    engine.follow_the_plan(clock() + timedelta(minutes=5))
    assert (delivery_of(ann).state, delivery_of(ann).attempts) == ("sent", 1)  # the ninth was the first that counted


def test_a_message_held_for_a_reply_goes_at_the_first_open_instant_after_it(engine: Engine, clock: Clock) -> None:
    workspace = a_workspace()
    ann = a_contact(a_channel(workspace))
    steps = texts(workspace, "Now you wrote", outside_reply_window="hold", **OFFICE_HOURS)
    enter(a_sequence(workspace, steps), ann, now=clock())
    engine.settle()
    held = subscription_of(ann)
    assert (held.next_send_at, held.next_because, held.run_id) == (None, "reply_window_closed", None)
    engine.travel(hours=10)  # 22:00
    writes(ann, clock())
    freed = subscription_of(ann)
    assert (freed.next_send_at, freed.next_because) == (NEXT_MORNING, "outside_window")
    engine.travel_to(NEXT_MORNING)
    assert (texts_shown_to(ann), delivery_of(ann).attempts) == (["Now you wrote"], 1)


@pytest.mark.parametrize("kind", list(InboundKind))
def test_any_interaction_frees_a_held_message_at_once(kind: InboundKind, engine: Engine, clock: Clock) -> None:
    workspace = a_workspace()
    ann = a_contact(a_channel(workspace))
    enter(a_sequence(workspace, texts(workspace, "Hi", outside_reply_window="hold")), ann, now=clock())
    engine.travel(days=3)
    assert texts_shown_to(ann) == []
    interacts(ann, clock.forward(minutes=1), kind)
    assert subscription_of(ann).next_send_at == clock()
    engine.settle()
    assert texts_shown_to(ann) == ["Hi"]


def test_old_news_does_not_open_the_window(engine: Engine, clock: Clock) -> None:
    """A webhook that comes two days late says only that they wrote two days ago."""
    workspace = a_workspace()
    ann = a_contact(a_channel(workspace))
    enter(a_sequence(workspace, texts(workspace, "Hi", outside_reply_window="hold")), ann, now=clock())
    engine.travel(days=3)
    interacts(ann, clock(), at=clock() - timedelta(days=2))
    engine.settle()
    held = subscription_of(ann)
    assert (held.next_send_at, held.next_because, texts_shown_to(ann)) == (None, "reply_window_closed", [])


def test_the_rest_of_a_begun_sub_flow_waits_for_the_reply_but_not_for_the_window(engine: Engine, clock: Clock) -> None:
    """Its pause ended after the 24 hours did; the reply comes at night, and the rest follows at once."""
    workspace = a_workspace()
    ann = a_contact(a_channel(workspace), last_interaction_at=clock() - timedelta(hours=23, minutes=59, seconds=30))
    blocks = [{"type": "text", "text": "One"}, {"type": "pause", "seconds": 60}, {"type": "text", "text": "Two"}]
    step = {"sub_flow": a_sub_flow(workspace, blocks=blocks), "outside_reply_window": "hold", **OFFICE_HOURS}
    enter(a_sequence(workspace, [step]), ann, now=clock())
    engine.settle()
    engine.travel(minutes=1)
    assert (texts_shown_to(ann), subscription_of(ann).next_because) == (["One"], "reply_window_closed")
    engine.travel(hours=10)
    writes(ann, clock())
    assert subscription_of(ann).next_send_at == clock()
    engine.settle()
    assert texts_shown_to(ann) == ["One", "Two"]


def test_a_begun_tagged_sub_flow_goes_on_without_the_tag_when_they_write(engine: Engine, clock: Clock) -> None:
    """What was begun by the tag ends as plain messages: inside the window never a tag, and nothing is lost."""
    workspace = a_workspace()
    ann = a_contact(a_channel(workspace))
    blocks = [{"type": "text", "text": "One"}, {"type": "pause", "seconds": 60}, {"type": "text", "text": "Two"}]
    step = {"sub_flow": a_sub_flow(workspace, blocks=blocks), "content_type": "account_update"}
    enter(a_sequence(workspace, [step]), ann, now=clock())
    engine.settle()
    writes(ann, clock.forward(seconds=30))
    engine.travel(seconds=30)
    assert texts_shown_to(ann) == ["One", "Two"]
    assert states_of(ann) == [("sent", "")]


def test_whoever_opts_out_while_a_message_waits_gets_nothing_more(engine: Engine, clock: Clock) -> None:
    workspace = a_workspace()
    ann = a_contact(a_sandbox(workspace))
    first, second = (a_sequence(workspace, texts(workspace, "Later", **HOURS_5)) for _ in range(2))
    enter(first, ann, now=clock())
    enter(second, ann, now=clock())
    opt_out(ann, now=clock(), actor=SYSTEM)
    engine.travel(hours=6)
    assert texts_shown_to(ann) == []
    for sequence in (first, second):
        ended = subscription_of(ann, sequence)
        assert (ended.state, ended.ended_because, ended.next_send_at) == ("stopped", "opted_out", None)
