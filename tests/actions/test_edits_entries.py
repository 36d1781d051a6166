"""Product 5: who may enter a sequence, again or at all."""

from __future__ import annotations

from datetime import timedelta

import pytest

from channels.models import Contact
from sequencer.workspaces.actor import SYSTEM
from sequencer.workspaces.models import Workspace
from sequencer.workspaces.refusals import Conflict
from sequences.actions.subscribe import subscribe
from sequences.actions.unsubscribe import unsubscribe
from sequences.models import Sequence, Subscription
from tests.actions.cast import (
    enter,
    subscription_of,
    texts,
)
from tests.builders import a_sequence
from tests.engine import MONDAY_NOON, Clock, Engine, texts_shown_to

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
TWO_HOURS = {"delay_unit": "hours", "delay_amount": 2}


@pytest.fixture
def sequence(workspace: Workspace) -> Sequence:
    return a_sequence(workspace, texts(workspace, "One", "Two", **TWO_HOURS))


@pytest.mark.parametrize("state", ["draft", "archived"])
def test_nobody_enters_a_sequence_that_is_not_active(
    state: str, clock: Clock, sequence: Sequence, ann: Contact
) -> None:
    Sequence.objects.filter(pk=sequence.pk).update(state=state)
    with pytest.raises(Conflict, match="sequence_not_active"):
        subscribe(sequence, [ann], now=clock(), actor=SYSTEM)


def test_a_sequence_without_enabled_steps_completes_at_once(clock: Clock, workspace: Workspace, ann: Contact) -> None:
    enter(a_sequence(workspace, [{"is_enabled": False}]), ann, now=clock())
    done = subscription_of(ann)
    assert (done.state, done.ended_because, done.ended_at) == ("completed", "completed", clock())


def test_subscribing_again_while_active_does_nothing(clock: Clock, sequence: Sequence, ann: Contact) -> None:
    [first] = enter(sequence, ann, now=clock())
    again, twice = subscribe(sequence, [ann, ann], now=clock.forward(hours=1), actor=SYSTEM)
    assert (again.created, again.reason, again.subscription) == (False, "already_active", first)
    assert twice.reason == "already_active"
    assert subscription_of(ann).next_send_at == MONDAY_NOON + 2 * HOUR


def test_named_twice_at_once_somebody_enters_once(clock: Clock, sequence: Sequence, ann: Contact) -> None:
    answers = subscribe(sequence, [ann, ann], now=clock(), actor=SYSTEM)
    assert [(answer.created, answer.reason) for answer in answers] == [(True, ""), (False, "already_active")]
    assert Subscription.objects.filter(contact=ann).count() == 1


@pytest.mark.parametrize("may_enter_again", [True, False])
def test_after_the_end_it_starts_anew_if_the_sequence_allows_it(
    may_enter_again: bool, engine: Engine, clock: Clock, workspace: Workspace, ann: Contact
) -> None:
    sequence = a_sequence(workspace, texts(workspace, "One"), reentry=may_enter_again)
    enter(sequence, ann, now=clock())
    engine.settle()
    [answer] = subscribe(sequence, [ann], now=clock(), actor=SYSTEM)
    engine.settle()
    assert (answer.created, answer.reason) == ((True, "") if may_enter_again else (False, "reentry_not_allowed"))
    assert texts_shown_to(ann) == ["One"] * (2 if may_enter_again else 1)


def test_whoever_left_may_enter_again_and_starts_from_the_beginning(
    engine: Engine, clock: Clock, sequence: Sequence, ann: Contact
) -> None:
    enter(sequence, ann, now=clock())
    engine.travel(hours=2)
    [left] = unsubscribe(sequence, [ann], now=clock(), actor=SYSTEM)
    assert (left.stopped, left.subscription and left.subscription.ended_because) == (True, "unsubscribed")
    assert not unsubscribe(sequence, [ann], now=clock(), actor=SYSTEM)[0].stopped
    enter(sequence, ann, now=clock())
    engine.follow_the_plan(clock() + 10 * HOUR)
    assert texts_shown_to(ann) == ["One", "One", "Two"]
