"""What a person's answer does: it stops what it should, runs what a button says, and clears a block."""

from __future__ import annotations

from datetime import timedelta

import pytest

from channels.messages import InboundKind
from channels.models import Channel, Contact
from sequencer.workspaces.actor import SYSTEM
from sequencer.workspaces.models import Workspace
from sequences.actions.subscribe import subscribe
from sequences.models import Sequence
from tests.actions.cast import (
    HOURLY,
    TWO_PARTS,
    a_page,
    a_stopping_sequence,
    delivery_of,
    enter,
    how_it_ended,
    interacts,
    states_of,
    subscription_of,
)
from tests.builders import a_channel, a_contact, a_sequence, a_sub_flow
from tests.doubles.graph import GraphDouble
from tests.engine import Clock, Engine, texts_shown_to, writes

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("kind", "ended"),
    [
        (InboundKind.MESSAGE, ("stopped", "replied")),
        (InboundKind.BUTTON, ("stopped", "replied")),
        (InboundKind.OTHER, ("active", "")),  # reading, reacting, following a link is no reply
    ],
)
def test_a_reply_after_the_first_send_stops_the_sequence(
    kind: InboundKind, ended: tuple[str, str], engine: Engine, clock: Clock, workspace: Workspace, ann: Contact
) -> None:
    enter(a_stopping_sequence(workspace), ann, now=clock())
    engine.settle()
    interacts(ann, clock.forward(minutes=1), kind)
    assert how_it_ended(ann) == ended
    engine.travel(hours=2)
    assert texts_shown_to(ann) == (["Hello!"] if ended[1] else ["Hello!", "Later"])


def test_a_word_before_the_first_send_stops_nothing(engine: Engine, clock: Clock, workspace: Workspace, ann: Contact):
    enter(a_stopping_sequence(workspace, **HOURLY), ann, now=clock())
    interacts(ann, clock.forward(minutes=1))
    assert how_it_ended(ann) == ("active", "")
    engine.travel(hours=3)
    engine.settle()
    assert texts_shown_to(ann) == ["Hello!"]
    interacts(ann, clock())
    assert how_it_ended(ann) == ("stopped", "replied")


def test_a_reply_stops_only_what_asks_for_it(engine: Engine, clock: Clock, workspace: Workspace, ann: Contact) -> None:
    stopping, going_on = a_stopping_sequence(workspace), a_sequence(workspace, [{}, HOURLY])
    enter(stopping, ann, now=clock())
    enter(going_on, ann, now=clock())
    engine.settle()
    interacts(ann, clock.forward(minutes=1))
    assert subscription_of(ann, stopping).ended_because == "replied"
    assert subscription_of(ann, going_on).state == "active"


def test_a_reply_that_was_given_to_an_earlier_subscription_stops_no_new_one(
    engine: Engine, clock: Clock, workspace: Workspace, ann: Contact
) -> None:
    sequence = a_stopping_sequence(workspace)
    enter(sequence, ann, now=clock())
    engine.settle()
    interacts(ann, clock.forward(minutes=1))
    engine.travel(minutes=1)
    enter(sequence, ann, now=clock())
    engine.settle()
    assert how_it_ended(ann) == ("active", "")


@pytest.mark.parametrize("is_first", [True, False])
def test_a_reply_that_crosses_the_send_stops_it_too(
    is_first: bool, engine: Engine, clock: Clock, workspace: Workspace, graph: GraphDouble
) -> None:
    """The message is on its way, the provider is slow to say so, and the person answers before we hear of it."""
    ann = a_contact(a_page(graph, workspace), last_interaction_at=clock())
    enter(a_sequence(workspace, [{}, HOURLY, HOURLY], stop_on_reply=True), ann, now=clock())
    if not is_first:
        engine.settle()
        clock.forward(hours=1)
    graph.latency = 0.3
    engine.dispatcher.turn(0)
    assert engine.dispatcher.doors.in_flight == 1
    interacts(ann, clock.forward(seconds=1))
    clock.forward(seconds=1)
    engine.settle()
    ended = subscription_of(ann)
    assert (ended.ended_because, ended.run_id, ended.next_send_at) == ("replied", None, None)
    assert {state for state, _ in states_of(ann)} == {"sent"}  # what was on its way is still recorded


def test_a_reply_that_crosses_a_failure_leaves_nothing_waiting(
    engine: Engine, clock: Clock, workspace: Workspace, graph: GraphDouble
) -> None:
    ann = a_contact(a_page(graph, workspace), last_interaction_at=clock())
    enter(a_sequence(workspace, [{}, HOURLY], stop_on_reply=True), ann, now=clock())
    engine.settle()
    graph.fault("structured_500", times=1)

    def answer_meanwhile() -> float:
        """Seen by no receiver: her reply and the failure are written down at the same moment."""
        Contact.objects.filter(pk=ann.pk).update(last_reply_at=clock())
        return 0.5

    engine.dispatcher.chance = answer_meanwhile
    engine.travel(hours=1)
    assert how_it_ended(ann) == ("stopped", "replied")
    assert states_of(ann) == [("sent", ""), ("skipped", "condition_not_met")]


def test_a_reply_while_the_rest_waits_for_another_try_stops_it(
    engine: Engine, clock: Clock, workspace: Workspace, graph: GraphDouble
) -> None:
    """The first part arrived and is answered; the second one failed for the time being and never goes."""
    ann = a_contact(a_page(graph, workspace), last_interaction_at=clock())
    step = {"sub_flow": a_sub_flow(workspace, blocks=TWO_PARTS)}
    enter(a_sequence(workspace, [step], stop_on_reply=True), ann, now=clock())
    until_accepted(engine, graph, 1)
    graph.fault("structured_500", times=1)
    engine.settle()
    assert (delivery_of(ann).state, delivery_of(ann).parts_done) == ("waiting", 1)
    interacts(ann, clock.forward(seconds=10))
    assert how_it_ended(ann) == ("stopped", "replied")
    engine.travel(hours=1)
    assert len(graph.accepted) == 1
    assert states_of(ann) == [("sent", "")]  # what was begun counts as sent


def until_accepted(engine: Engine, graph: GraphDouble, count: int) -> None:
    """Turn until the provider took `count` messages and we heard of it."""
    for _ in range(200):
        engine.dispatcher.turn(0.05)
        if len(graph.accepted) >= count:
            return
    raise AssertionError("the provider took nothing")


def test_a_reply_in_a_pause_stops_the_rest(engine: Engine, clock: Clock, workspace: Workspace, ann: Contact) -> None:
    blocks = [TWO_PARTS[0], {"type": "pause", "seconds": 60}, TWO_PARTS[1]]
    enter(a_stopping_sequence(workspace, sub_flow=a_sub_flow(workspace, blocks=blocks)), ann, now=clock())
    engine.settle()
    interacts(ann, clock.forward(seconds=30))
    assert how_it_ended(ann) == ("stopped", "replied")
    engine.travel(hours=1)
    assert texts_shown_to(ann) == ["One"]
    assert states_of(ann) == [("sent", "")]


def test_a_word_that_crosses_the_providers_refusal_is_not_lost(
    engine: Engine, clock: Clock, workspace: Workspace, graph: GraphDouble
) -> None:
    """Meta says the window is closed while the person writes: the message does not wait for yet another word."""
    ann = a_contact(a_page(graph, workspace), last_interaction_at=clock())
    graph.person(ann.address)
    graph.latency = 0.3
    enter(a_sequence(workspace, [{"outside_reply_window": "hold"}]), ann, now=clock())
    engine.dispatcher.turn(0)
    assert engine.dispatcher.doors.in_flight == 1
    until_judged(engine, graph)
    interacts(ann, clock.forward(seconds=1))
    graph.person(ann.address, last_interaction_at=clock())
    engine.settle()
    assert states_of(ann) == [("sent", "")]


def until_judged(engine: Engine, graph: GraphDouble) -> None:
    """The provider read the request and made up its mind; its answer is still on the way."""
    for _ in range(200):
        assert engine.dispatcher._hear(0.01) == 0
        if graph.requests:
            return
    raise AssertionError("nothing arrived")


def test_a_block_clears_when_they_write_an_opt_out_does_not(clock: Clock, workspace: Workspace, ann: Contact) -> None:
    sequence = a_sequence(workspace)
    Contact.objects.filter(pk=ann.pk).update(blocked_at=clock())
    assert subscribe(sequence, [ann], now=clock(), actor=SYSTEM)[0].reason == "contact_unavailable"
    interacts(ann, clock.forward(minutes=1))
    assert subscribe(sequence, [ann], now=clock(), actor=SYSTEM)[0].created
    bob = a_contact(ann.channel, opted_out_at=clock())
    interacts(bob, clock.forward(minutes=1))
    assert subscribe(sequence, [bob], now=clock(), actor=SYSTEM)[0].reason == "contact_unavailable"


def test_somebody_new_who_writes_becomes_a_contact(clock: Clock, ann: Contact) -> None:
    stranger = Contact(channel=Channel.objects.get(pk=ann.channel_id), address="somebody-new")
    for _ in range(2):
        interacts(stranger, clock())
    made = Contact.objects.get(address="somebody-new")
    assert (made.workspace_id, made.last_interaction_at) == (ann.workspace_id, clock())


def test_news_from_the_future_counts_as_now_and_old_news_moves_nothing_back(clock: Clock, ann: Contact) -> None:
    interacts(ann, clock(), at=clock() + timedelta(days=1))
    interacts(ann, clock(), at=clock() - timedelta(days=1))
    ann.refresh_from_db()
    assert (ann.last_interaction_at, ann.last_reply_at) == (clock(), clock())


def test_a_reply_from_before_stop_on_reply_was_switched_on_stops_nothing(
    engine: Engine, clock: Clock, workspace: Workspace
) -> None:
    ann = a_contact(a_channel(workspace), last_interaction_at=clock())
    sequence = a_sequence(workspace, [{}, HOURLY, HOURLY])
    enter(sequence, ann, now=clock())
    engine.settle()
    writes(ann, clock.forward(minutes=1))
    Sequence.objects.filter(pk=sequence.pk).update(stop_on_reply=True)
    engine.travel(hours=1)
    assert how_it_ended(ann) == ("active", "")
