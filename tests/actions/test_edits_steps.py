"""Product 5, edits while people are inside: steps inserted, deleted, reordered, changed, switched."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from channels.models import Contact
from sequencer.workspaces.actor import SYSTEM
from sequencer.workspaces.models import Workspace
from sequences.actions.save_sub_flow import SubFlowDraft, save_sub_flow
from sequences.models import Sequence, Step, SubFlow
from sequences.rules.timing import weekday_mask
from tests.actions.cast import (
    a_step_draft,
    drafts_of,
    edit_steps,
    enter,
    hours,
    one_then_two_and_three,
    subscription_of,
)
from tests.builders import a_contact, a_sub_flow
from tests.engine import MONDAY_NOON, Clock, Engine, texts_shown_to

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def sequence(workspace: Workspace) -> Sequence:
    return one_then_two_and_three(workspace)


@pytest.fixture
def ann_waits_for_two(engine: Engine, clock: Clock, ann: Contact, sequence: Sequence) -> Contact:
    """She got One at noon; it is 13:00 now, and Two is due at 14:00."""
    enter(sequence, ann, now=clock())
    engine.settle()
    engine.travel(hours=1)
    assert subscription_of(ann).next_send_at == MONDAY_NOON + 2 * HOUR
    return ann


def all_shown(engine: Engine, person: Contact) -> list[str]:
    engine.follow_the_plan(engine.clock() + timedelta(days=10))
    return texts_shown_to(person)


def test_a_step_inserted_ahead_of_them_is_for_them(
    engine: Engine, clock: Clock, workspace: Workspace, sequence: Sequence, ann_waits_for_two: Contact
) -> None:
    one, two, three = drafts_of(sequence)
    edit_steps(sequence, clock, [one, two, a_step_draft(workspace, "New", **hours(1)), three])
    assert all_shown(engine, ann_waits_for_two) == ["One", "Two", "New", "Three"]


def test_a_step_inserted_where_they_wait_comes_first_and_the_time_waited_counts(
    engine: Engine, clock: Clock, workspace: Workspace, sequence: Sequence, ann_waits_for_two: Contact
) -> None:
    one, two, three = drafts_of(sequence)
    edit_steps(sequence, clock, [one, a_step_draft(workspace, "New", **hours(1)), two, three])
    assert subscription_of(ann_waits_for_two).next_send_at == MONDAY_NOON + HOUR  # now
    engine.settle()
    assert texts_shown_to(ann_waits_for_two) == ["One", "New"]
    assert all_shown(engine, ann_waits_for_two) == ["One", "New", "Two", "Three"]


def test_a_step_inserted_behind_them_is_not_for_them(
    engine: Engine, clock: Clock, workspace: Workspace, sequence: Sequence, ann_waits_for_two: Contact
) -> None:
    one, two, three = drafts_of(sequence)
    edit_steps(sequence, clock, [a_step_draft(workspace, "New"), one, two, three])
    assert all_shown(engine, ann_waits_for_two) == ["One", "Two", "Three"]


def test_a_new_last_step_is_not_for_those_who_completed(
    engine: Engine, clock: Clock, workspace: Workspace, ann: Contact, sequence: Sequence
) -> None:
    bob = a_contact(ann.channel)
    enter(sequence, ann, now=clock())
    engine.follow_the_plan(clock() + 5 * HOUR)
    enter(sequence, bob, now=clock())
    engine.settle()
    assert subscription_of(ann).state == "completed"
    edit_steps(sequence, clock, [*drafts_of(sequence), a_step_draft(workspace, "New")])
    assert all_shown(engine, bob) == ["One", "Two", "Three", "New"]
    assert texts_shown_to(ann) == ["One", "Two", "Three"]


def test_deleting_the_step_they_wait_for_lets_them_go_on_and_the_time_waited_counts(
    engine: Engine, clock: Clock, sequence: Sequence, ann_waits_for_two: Contact
) -> None:
    one, two, three = drafts_of(sequence)
    edit_steps(sequence, clock, [one, replace(three, delay_amount=3)])
    waiting = subscription_of(ann_waits_for_two)
    assert (waiting.next_step_id, waiting.next_send_at) == (three.id, MONDAY_NOON + 3 * HOUR)
    assert all_shown(engine, ann_waits_for_two) == ["One", "Three"]
    assert Step.objects.get(pk=two.id or 0).archived_at == MONDAY_NOON + HOUR  # archived, history stays


def test_deleting_the_last_step_they_wait_for_completes_them(
    engine: Engine, clock: Clock, sequence: Sequence, ann_waits_for_two: Contact
) -> None:
    edit_steps(sequence, clock, drafts_of(sequence)[:1])
    ended = subscription_of(ann_waits_for_two)
    assert (ended.state, ended.ended_because, ended.ended_at) == ("completed", "completed", clock())
    assert (ended.next_send_at, ended.next_step_id) == (None, None)


def test_deleting_a_sent_step_leaves_them_where_they_are(
    engine: Engine, clock: Clock, sequence: Sequence, ann_waits_for_two: Contact
) -> None:
    edit_steps(sequence, clock, drafts_of(sequence)[1:])
    assert subscription_of(ann_waits_for_two).next_send_at == MONDAY_NOON + 2 * HOUR
    assert all_shown(engine, ann_waits_for_two) == ["One", "Two", "Three"]


@pytest.mark.parametrize(
    ("order", "shown"),
    [
        ((0, 2, 1), ["One", "Three", "Two"]),  # both are ahead still
        ((1, 0, 2), ["One", "Three"]),  # Two stands behind the last one done now
        ((2, 1, 0), ["One"]),  # nothing is ahead any more
        ((1, 2, 0), ["One"]),
    ],
)
def test_after_a_reorder_nobody_gets_a_step_twice(
    order: tuple[int, ...],
    shown: list[str],
    engine: Engine,
    clock: Clock,
    sequence: Sequence,
    ann_waits_for_two: Contact,
) -> None:
    before = drafts_of(sequence)
    edit_steps(sequence, clock, [before[index] for index in order])
    assert all_shown(engine, ann_waits_for_two) == shown


def test_moved_back_and_forth_a_step_still_goes_once(
    engine: Engine, clock: Clock, sequence: Sequence, ann_waits_for_two: Contact
) -> None:
    one, two, three = drafts_of(sequence)
    edit_steps(sequence, clock, [two, three, one])
    ended = subscription_of(ann_waits_for_two)
    assert ended.state == "completed"  # nothing stood behind One any more
    edit_steps(sequence, clock, [one, two, three])
    assert all_shown(engine, ann_waits_for_two) == ["One"]


@pytest.mark.parametrize(
    ("change", "due_at"),
    [
        ({"delay_amount": 3}, MONDAY_NOON + 3 * HOUR),  # the hour already waited counts
        ({"delay_amount": 1}, MONDAY_NOON + HOUR),
        ({"delay_amount": 0, "delay_unit": "immediately"}, MONDAY_NOON),  # overdue: goes now
        ({"window_start": time(16), "window_end": time(17)}, datetime(2026, 11, 23, 16, tzinfo=UTC)),
        ({"window_start": time(9), "window_end": time(10)}, datetime(2026, 11, 24, 9, tzinfo=UTC)),
        ({"weekdays": weekday_mask(["wed"])}, datetime(2026, 11, 25, tzinfo=UTC)),
    ],
)
def test_a_changed_delay_or_window_is_live(
    change: dict[str, Any],
    due_at: datetime,
    engine: Engine,
    clock: Clock,
    sequence: Sequence,
    ann_waits_for_two: Contact,
) -> None:
    one, two, three = drafts_of(sequence)
    edit_steps(sequence, clock, [one, replace(two, **change), three])
    assert subscription_of(ann_waits_for_two).next_send_at == due_at
    engine.settle()
    assert ("Two" in texts_shown_to(ann_waits_for_two)) == (due_at <= clock())
    engine.travel_to(max(due_at, clock()))
    assert texts_shown_to(ann_waits_for_two)[:2] == ["One", "Two"]


def test_a_switched_off_step_is_passed_over_and_on_again_is_for_those_not_yet_past_it(
    engine: Engine, clock: Clock, workspace: Workspace, sequence: Sequence, ann: Contact
) -> None:
    bob = a_contact(ann.channel)
    enter(sequence, ann, now=clock())
    engine.settle()
    one, two, three = drafts_of(sequence)
    edit_steps(sequence, clock, [one, replace(two, is_enabled=False), three])
    assert subscription_of(ann).next_step_id == three.id
    engine.travel(hours=2)
    assert texts_shown_to(ann) == ["One", "Three"]
    enter(sequence, bob, now=clock())
    engine.settle()
    edit_steps(sequence, clock, [one, two, three])
    assert subscription_of(bob).next_step_id == two.id
    assert all_shown(engine, bob) == ["One", "Two", "Three"]
    assert texts_shown_to(ann) == ["One", "Three"]


def test_changed_content_is_for_everyone_not_yet_served(
    engine: Engine, clock: Clock, workspace: Workspace, sequence: Sequence, ann_waits_for_two: Contact
) -> None:
    two = SubFlow.objects.get(pk=drafts_of(sequence)[1].sub_flow_id or 0)
    draft = SubFlowDraft(name=two.name, blocks=[{"type": "text", "text": "Two, but better"}])
    save_sub_flow(workspace, two, draft, now=clock(), actor=SYSTEM)
    assert all_shown(engine, ann_waits_for_two) == ["One", "Two, but better", "Three"]


def test_another_sub_flow_is_for_everyone_not_yet_served(
    engine: Engine, clock: Clock, workspace: Workspace, sequence: Sequence, ann_waits_for_two: Contact
) -> None:
    one, two, three = drafts_of(sequence)
    other = a_sub_flow(workspace, text="Another")
    edit_steps(sequence, clock, [one, replace(two, sub_flow_id=other.pk), three])
    assert all_shown(engine, ann_waits_for_two) == ["One", "Another", "Three"]
