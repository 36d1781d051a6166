"""People who cannot be reached, blocked us or are gone; and a provider that knows the window better."""

from __future__ import annotations

from datetime import timedelta

import pytest

from channels.models import Channel
from sequences.models import Delivery, Subscription
from tests.actions.cast import a_page, delivery_of, enter, people_of, states_of, subscription_of
from tests.builders import a_contact, a_sequence, a_workspace
from tests.doubles.graph import GraphDouble
from tests.engine import Clock, Engine

pytestmark = pytest.mark.django_db

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def page(graph: GraphDouble) -> Channel:
    return a_page(graph, a_workspace())


def test_who_cannot_be_reached_twice_in_a_row_is_gone(engine: Engine, clock: Clock, graph: GraphDouble, page: Channel):
    """The first time the message failed and the sequence goes on; the second time everything of theirs ends."""
    ann = a_contact(page, last_interaction_at=clock())
    graph.person(ann.address, last_interaction_at=clock(), is_blocked=True)
    steps = [{}, {"delay_unit": "minutes", "delay_amount": 5}, {"delay_unit": "minutes", "delay_amount": 5}]
    sequence, other = a_sequence(page.workspace, steps), a_sequence(page.workspace, [{**steps[1], "delay_amount": 60}])
    enter(sequence, ann, now=clock())
    enter(other, ann, now=clock())
    engine.settle()
    assert states_of(ann) == [("failed", "contact_unreachable")]
    assert subscription_of(ann, sequence).state == "active"
    engine.travel(minutes=5)
    ann.refresh_from_db()
    assert ann.blocked_at == clock()
    for one in (sequence, other):
        ended = subscription_of(ann, one)
        assert (ended.state, ended.ended_because, ended.run_id) == ("stopped", "contact_gone", None)


def test_who_was_reached_in_between_is_not_gone(engine: Engine, clock: Clock, graph: GraphDouble, page: Channel):
    ann = a_contact(page, last_interaction_at=clock())
    steps = [{}, {"delay_unit": "minutes", "delay_amount": 5}, {"delay_unit": "minutes", "delay_amount": 5}]
    enter(a_sequence(page.workspace, steps), ann, now=clock())
    for is_blocked in (True, False, True):
        graph.person(ann.address, last_interaction_at=clock(), is_blocked=is_blocked)
        engine.travel(minutes=5)
    assert [state for state, _ in states_of(ann)] == ["failed", "sent", "failed"]
    assert subscription_of(ann).ended_because == "completed"


@pytest.mark.parametrize(
    ("code", "subcode", "because"),
    [(10, 2018108, "blocked"), (10, 1893015, "opted_out"), (100, 2018001, "contact_gone")],
)
def test_who_is_gone_leaves_every_sequence_of_the_channel(
    code: int, subcode: int, because: str, engine: Engine, clock: Clock, graph: GraphDouble, page: Channel
) -> None:
    ann, bob = people_of(page, 2, last_interaction_at=clock())
    graph.fault("error", recipient=ann.address, times=1, error={"code": code, "error_subcode": subcode})
    sequences = [a_sequence(page.workspace, [{}, {"delay_unit": "days", "delay_amount": 1}]) for _ in range(3)]
    for sequence in sequences:
        enter(sequence, ann, bob, now=clock())
    engine.settle()
    ended = Subscription.objects.filter(contact=ann)
    assert set(ended.values_list("state", "ended_because", "next_send_at", "run")) == {("stopped", because, None, None)}
    assert Subscription.objects.active().filter(contact=bob).count() == 3
    assert not Delivery.objects.filter(contact=ann, state__in=["sending", "waiting"]).exists()
    ann.refresh_from_db()
    assert not ann.is_available
    assert (ann.opted_out_at is not None) == (because == "opted_out")


@pytest.mark.parametrize(
    ("choice", "states", "stands"),
    [
        ("skip", [("skipped", "reply_window_closed")], ("active", "countdown")),
        ("hold", [("waiting", "")], ("active", "reply_window_closed")),
        ("stop", [("skipped", "reply_window_closed")], ("stopped", "")),
    ],
)
def test_the_providers_own_word_that_the_window_is_closed_is_the_steps_choice(
    choice: str, states: list, stands: tuple, engine: Engine, clock: Clock, graph: GraphDouble, page: Channel
) -> None:
    """We thought it open; Meta knows better."""
    ann = a_contact(page, last_interaction_at=clock())
    graph.person(ann.address)
    later = {"delay_unit": "hours", "delay_amount": 1}
    enter(a_sequence(page.workspace, [{"outside_reply_window": choice}, later]), ann, now=clock())
    engine.settle()
    subscription = subscription_of(ann)
    assert states_of(ann) == states
    assert (subscription.state, subscription.next_because) == stands
    assert delivery_of(ann).attempts == (0 if choice == "hold" else 1)
