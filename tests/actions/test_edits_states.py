"""Product 5, edits while people are inside: pause and resume, archive, re-entry, zones, channels at rest."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from channels.actions.pause_channel import pause_channel, resume_channel
from channels.actions.upsert_contact import upsert_contact
from channels.models import Contact
from sequencer.workspaces.actions.workspace_settings import save_workspace
from sequencer.workspaces.actor import SYSTEM
from sequencer.workspaces.models import Workspace
from sequencer.workspaces.refusals import Conflict, Refused
from sequences.actions.save_sequence import draft_of, save_sequence
from sequences.actions.sequence_states import (
    archive_sequence,
    pause_sequence,
    resume_sequence,
)
from sequences.models import Sequence
from tests.actions.cast import (
    a_page,
    a_step_draft,
    delivery_of,
    drafts_of,
    edit_steps,
    enter,
    states_of,
    subscription_of,
    texts,
)
from tests.builders import a_contact, a_sequence
from tests.doubles.graph import GraphDouble
from tests.engine import MONDAY_NOON, Clock, Engine, texts_shown_to

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
TWO_HOURS = {"delay_unit": "hours", "delay_amount": 2}


@pytest.fixture
def sequence(workspace: Workspace) -> Sequence:
    return a_sequence(workspace, texts(workspace, "One", "Two", **TWO_HOURS))


def pause(sequence: Sequence, clock: Clock) -> None:
    pause_sequence(sequence, now=clock(), actor=SYSTEM)


def resume(sequence: Sequence, clock: Clock) -> None:
    resume_sequence(sequence, now=clock(), actor=SYSTEM)


def test_a_countdown_stands_still_while_the_sequence_is_paused(
    engine: Engine, clock: Clock, sequence: Sequence, ann: Contact
) -> None:
    enter(sequence, ann, now=clock())
    engine.travel(hours=1)
    pause(sequence, clock)
    waiting = subscription_of(ann)
    assert (waiting.state, waiting.next_send_at, waiting.next_because) == ("active", None, "sequence_paused")
    engine.travel(days=3)
    assert texts_shown_to(ann) == []
    resume(sequence, clock)
    assert subscription_of(ann).next_send_at == clock() + HOUR  # the hour that was left
    engine.travel(minutes=59)
    assert texts_shown_to(ann) == []
    engine.travel(minutes=1)
    assert texts_shown_to(ann) == ["One"]


def test_pausing_twice_is_pausing_once_and_two_pauses_add_up(
    engine: Engine, clock: Clock, sequence: Sequence, ann: Contact
) -> None:
    enter(sequence, ann, now=clock())
    clock.forward(minutes=30)
    for _ in range(2):
        pause(sequence, clock)
        clock.forward(hours=5)
        pause(sequence, clock)
        clock.forward(hours=5)
        resume(sequence, clock)
        resume(sequence, clock)
    assert subscription_of(ann).next_send_at == MONDAY_NOON + 22 * HOUR


def test_what_was_overdue_in_the_pause_goes_at_once_within_its_window(
    engine: Engine, clock: Clock, workspace: Workspace, ann: Contact
) -> None:
    office = {"window_start": time(9), "window_end": time(18)}
    sequence = a_sequence(workspace, texts(workspace, "Office", **office))
    pause(sequence, clock)
    enter(sequence, ann, now=clock())
    clock.now = datetime(2026, 11, 23, 22, tzinfo=UTC)
    resume(sequence, clock)
    assert subscription_of(ann).next_send_at == datetime(2026, 11, 24, 9, tzinfo=UTC)


def test_whoever_enters_a_paused_sequence_waits_with_the_whole_countdown(
    engine: Engine, clock: Clock, sequence: Sequence, ann: Contact
) -> None:
    pause(sequence, clock)
    clock.forward(hours=4)
    enter(sequence, ann, now=clock())
    assert subscription_of(ann).next_because == "sequence_paused"
    clock.forward(hours=4)
    resume(sequence, clock)
    assert subscription_of(ann).next_send_at == clock() + 2 * HOUR


def test_a_message_on_its_way_into_the_pause_is_recorded_and_the_next_waits(
    engine: Engine, clock: Clock, workspace: Workspace, graph: GraphDouble
) -> None:
    ann = a_contact(a_page(graph, workspace), last_interaction_at=clock())
    sequence = a_sequence(workspace, [{}, TWO_HOURS])
    enter(sequence, ann, now=clock())
    graph.latency = 0.2
    engine.dispatcher.turn(0)
    assert engine.doors.in_flight == 1
    pause(sequence, clock)
    clock.forward(seconds=5)
    engine.settle()
    waiting = subscription_of(ann)
    assert (delivery_of(ann).state, waiting.next_send_at, waiting.next_because) == ("sent", None, "sequence_paused")
    clock.forward(hours=9)
    resume(sequence, clock)
    assert subscription_of(ann).next_send_at == clock() + 2 * HOUR  # it began in the pause, so all of it is left


def test_a_decided_message_does_not_leave_into_a_pause(
    engine: Engine, clock: Clock, sequence: Sequence, ann: Contact
) -> None:
    enter(sequence, ann, now=clock())
    clock.forward(hours=2)
    engine.decide()
    pause(sequence, clock)
    engine.settle()
    waiting = subscription_of(ann)
    assert (waiting.next_send_at, waiting.next_because, waiting.run_id) == (None, "sequence_paused", None)
    assert (delivery_of(ann).state, delivery_of(ann).attempts, texts_shown_to(ann)) == ("waiting", 0, [])
    resume(sequence, clock)
    engine.settle()
    assert (texts_shown_to(ann), delivery_of(ann).attempts) == (["One"], 1)


def test_a_paused_channel_does_not_stop_countdowns(engine: Engine, clock: Clock, sequence: Sequence, ann: Contact):
    enter(sequence, ann, now=clock())
    pause_channel(ann.channel, now=clock(), actor=SYSTEM)
    engine.travel(hours=5)
    assert subscription_of(ann).next_send_at == MONDAY_NOON + 2 * HOUR
    resume_channel(ann.channel, now=clock(), actor=SYSTEM)
    engine.settle()
    assert texts_shown_to(ann) == ["One"]
    assert subscription_of(ann).next_send_at == clock() + 2 * HOUR  # the second one counts from the real sending


def test_an_edit_in_the_pause_counts_after_it(
    engine: Engine, clock: Clock, workspace: Workspace, sequence: Sequence, ann: Contact
) -> None:
    enter(sequence, ann, now=clock())
    clock.forward(hours=1)
    pause(sequence, clock)
    one, two = drafts_of(sequence)
    edit_steps(sequence, clock, [replace(one, delay_amount=4), a_step_draft(workspace, "New"), two])
    assert subscription_of(ann).next_send_at is None
    clock.forward(days=1)
    resume(sequence, clock)
    assert subscription_of(ann).next_send_at == clock() + 3 * HOUR


def test_deleting_all_steps_in_the_pause_completes(
    engine: Engine, clock: Clock, sequence: Sequence, ann: Contact
) -> None:
    enter(sequence, ann, now=clock())
    pause(sequence, clock)
    edit_steps(sequence, clock, [])
    assert subscription_of(ann).state == "completed"


def test_the_state_can_be_saved_with_the_rest(engine: Engine, clock: Clock, sequence: Sequence, ann: Contact) -> None:
    """A form that changes a delay and resumes at once."""
    enter(sequence, ann, now=clock())
    clock.forward(hours=1)
    save_sequence(sequence.workspace, sequence, replace(draft_of(sequence), state="paused"), now=clock(), actor=SYSTEM)
    clock.forward(hours=10)
    one, two = drafts_of(sequence)
    edit_steps(sequence, clock, [replace(one, delay_amount=3), two], state="active")
    assert subscription_of(ann).next_send_at == clock() + 2 * HOUR


def test_archiving_ends_everybody_and_is_final(engine: Engine, clock: Clock, sequence: Sequence, ann: Contact) -> None:
    enter(sequence, ann, now=clock())
    archive_sequence(sequence, now=clock(), actor=SYSTEM)
    ended = subscription_of(ann)
    assert (ended.state, ended.ended_because, ended.next_send_at) == ("stopped", "sequence_archived", None)
    engine.travel(hours=9)
    assert texts_shown_to(ann) == []
    for again in (resume_sequence, pause_sequence):
        with pytest.raises(Conflict, match="invalid_transition"):
            again(sequence, now=clock(), actor=SYSTEM)
    with pytest.raises(Refused):
        edit_steps(sequence, clock, drafts_of(sequence), state="active")


def test_archiving_while_a_message_is_in_a_workers_hands(
    engine: Engine, clock: Clock, sequence: Sequence, ann: Contact
) -> None:
    enter(sequence, ann, now=clock())
    clock.forward(hours=2)
    engine.decide()
    archive_sequence(sequence, now=clock(), actor=SYSTEM)
    engine.settle()
    ended = subscription_of(ann)
    assert (ended.ended_because, ended.run_id, ended.next_send_at) == ("sequence_archived", None, None)
    assert (texts_shown_to(ann), states_of(ann)) == ([], [("skipped", "condition_not_met")])


def test_another_zone_moves_the_moment(engine: Engine, clock: Clock, workspace: Workspace, ann: Contact) -> None:
    """Hers, then the workspace's for whoever has none."""
    evenings = {"window_start": time(18), "window_end": time(20)}
    sequence = a_sequence(workspace, texts(workspace, "Evening", **evenings))
    bob = a_contact(ann.channel)
    enter(sequence, ann, bob, now=clock())
    upsert_contact(ann.channel, ann.address, {"time_zone": "Asia/Tokyo"}, now=clock(), actor=SYSTEM)
    assert subscription_of(ann).next_send_at == datetime(2026, 11, 24, 9, tzinfo=UTC)  # it is 21:00 in Tokyo
    assert subscription_of(bob).next_send_at == datetime(2026, 11, 23, 18, tzinfo=UTC)
    save_workspace(workspace, name=workspace.name, time_zone="Europe/Paris", now=clock(), actor=SYSTEM)
    assert subscription_of(ann).next_send_at == datetime(2026, 11, 24, 9, tzinfo=UTC)
    assert subscription_of(bob).next_send_at == datetime(2026, 11, 23, 17, tzinfo=UTC)
