"""Product 5, edits while a message is half done: retries, pauses, a worker's hands, thousands of people."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from typing import Any

import pytest

from channels.models import Contact
from sequencer.workspaces.models import Workspace
from sequences.actions import recompute
from sequences.models import Sequence
from tests.actions.cast import (
    a_page,
    delivery_of,
    drafts_of,
    edit_steps,
    enter,
    hours,
    one_then_two_and_three,
    people_of,
    states_of,
    steps_in,
    subscription_of,
    texts,
)
from tests.builders import a_contact, a_sequence, a_sub_flow
from tests.doubles.graph import GraphDouble
from tests.engine import MONDAY_NOON, Clock, Engine, texts_shown_to

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def sequence(workspace: Workspace) -> Sequence:
    return one_then_two_and_three(workspace)


def all_shown(engine: Engine, person: Contact) -> list[str]:
    engine.follow_the_plan(engine.clock() + timedelta(days=10))
    return texts_shown_to(person)


def test_a_retry_belongs_to_its_step(
    engine: Engine, clock: Clock, workspace: Workspace, sequence: Sequence, graph: GraphDouble
) -> None:
    """The step that waits for another try is deleted: the next one does not inherit its wait."""
    bob = a_contact(a_page(graph, workspace), last_interaction_at=clock())
    graph.fault("error", times=1, error={"code": 2018300})  # not for an hour: another app has the conversation
    enter(sequence, bob, now=clock())
    engine.settle()
    assert subscription_of(bob).next_send_at == clock() + HOUR
    one, two, three = drafts_of(sequence)
    edit_steps(sequence, clock, [replace(two, delay_unit="minutes", delay_amount=5), three])
    assert subscription_of(bob).next_send_at == clock() + timedelta(minutes=5)
    engine.travel(minutes=5)
    assert states_of(bob) == [("skipped", "condition_not_met"), ("sent", "")]


@pytest.mark.parametrize("is_deleted", [True, False])
def test_a_pause_belongs_to_its_step(
    is_deleted: bool, engine: Engine, clock: Clock, workspace: Workspace, ann: Contact
) -> None:
    """Deleted or switched off in its pause: what was begun counts as sent, the next one waits its own countdown."""
    blocks = [{"type": "text", "text": "One"}, {"type": "pause", "seconds": 60}, {"type": "text", "text": "1b"}]
    steps = [{"sub_flow": a_sub_flow(workspace, blocks=blocks)}, *texts(workspace, "Two", **hours(2))]
    sequence = a_sequence(workspace, steps)
    enter(sequence, ann, now=clock())
    engine.settle()
    one, two = drafts_of(sequence)
    edit_steps(sequence, clock, [two] if is_deleted else [replace(one, is_enabled=False), two])
    assert subscription_of(ann).next_send_at == MONDAY_NOON + 2 * HOUR
    assert all_shown(engine, ann) == ["One", "Two"]
    assert states_of(ann) == [("sent", ""), ("sent", "")]


@pytest.mark.parametrize(
    "change", [{"delay_unit": "hours", "delay_amount": 1}, {"window_start": time(13), "window_end": time(14)}]
)
def test_a_decided_message_obeys_an_edit_that_comes_before_it_leaves(
    change: dict[str, Any], engine: Engine, clock: Clock, sequence: Sequence, ann: Contact
) -> None:
    """An edit never makes a message early: what is in a worker's hands, but not on its way, is decided anew."""
    enter(sequence, ann, now=clock())
    engine.decide()
    one, two, three = drafts_of(sequence)
    edit_steps(sequence, clock, [replace(one, **change), two, three])
    engine.settle()
    waiting = subscription_of(ann)
    assert (texts_shown_to(ann), waiting.next_send_at, waiting.run_id) == ([], MONDAY_NOON + HOUR, None)
    engine.travel(hours=1)
    assert (texts_shown_to(ann), delivery_of(ann).attempts) == (["One"], 1)


def test_a_deleted_step_in_a_workers_hands_does_not_go(
    engine: Engine, clock: Clock, sequence: Sequence, ann: Contact
) -> None:
    """Claimed and decided, but not yet on its way: the edit comes first, and the next one is planned by it."""
    enter(sequence, ann, now=clock())
    engine.decide()
    edit_steps(sequence, clock, drafts_of(sequence)[1:])
    engine.settle()
    waiting = subscription_of(ann)
    assert (waiting.run_id, waiting.next_send_at) == (None, MONDAY_NOON + 2 * HOUR)
    assert all_shown(engine, ann) == ["Two", "Three"]


def test_an_edit_reaches_the_thousands_batch_by_batch(
    engine: Engine, clock: Clock, sequence: Sequence, ann: Contact, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first batch with the edit, the others by the dispatcher's housekeeping; nobody goes early meanwhile."""
    monkeypatch.setattr(recompute, "AT_ONCE", 3)
    monkeypatch.setattr(recompute, "BATCH", 4)
    people = people_of(ann.channel, 10)
    enter(sequence, *people, now=clock())
    engine.settle()
    one, two, three = drafts_of(sequence)
    edit_steps(sequence, clock, [one, replace(two, delay_amount=4), three])
    moments = [subscription_of(person).next_send_at for person in people]
    assert moments == [MONDAY_NOON + 4 * HOUR] * 3 + [MONDAY_NOON + 2 * HOUR] * 7
    engine.travel(hours=2)
    assert {tuple(texts_shown_to(person)) for person in people} == {("One",)}
    while recompute.recompute_next_batch(sequence.pk, now=clock()):
        pass
    assert {subscription_of(person).next_send_at for person in people} == {MONDAY_NOON + 4 * HOUR}
    assert steps_in(sequence)[1].delay == 4 * HOUR
