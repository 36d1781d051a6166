"""While a sub-flow pauses the person sees that somebody writes; whatever becomes of that sign, the messages go."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sequences.models import Delivery
from tests.actions.cast import a_page, a_sandbox, enter, states_of
from tests.builders import a_contact, a_sequence, a_sub_flow, a_workspace
from tests.doubles.graph import GraphDouble
from tests.engine import Clock, Engine, texts_shown_to

pytestmark = pytest.mark.django_db

PAUSED = [{"type": "text", "text": "One"}, {"type": "pause", "seconds": 5}, {"type": "text", "text": "Two"}]


def hear_the_rest(engine: Engine) -> None:
    """Nobody waits for the sign's answer: give it a moment."""
    for _ in range(10):
        engine.dispatcher.turn(wait=0.02)


def test_a_pause_shows_that_somebody_writes(engine: Engine, clock: Clock, graph: GraphDouble) -> None:
    page = a_page(graph, a_workspace())
    ann = a_contact(page, "ann", last_interaction_at=clock())
    enter(a_sequence(page.workspace, [{"sub_flow": a_sub_flow(page.workspace, blocks=PAUSED)}]), ann, now=clock())
    engine.settle()
    hear_the_rest(engine)
    assert graph.actions == [("ann", "typing_on")]
    assert len(graph.accepted) == 1
    engine.travel(seconds=5)
    hear_the_rest(engine)
    assert (len(graph.accepted), len(graph.actions), states_of(ann)) == (2, 1, [("sent", "")])
    assert engine.dispatcher.typing_shown == 0


@pytest.mark.parametrize("blocks", [PAUSED[:1], PAUSED[:2], PAUSED[2:]], ids=["none", "at the end", "no pause"])
def test_without_a_pause_between_messages_nothing_is_shown(
    engine: Engine, clock: Clock, graph: GraphDouble, blocks: list[dict[str, object]]
) -> None:
    page = a_page(graph, a_workspace())
    ann = a_contact(page, "ann", last_interaction_at=clock())
    enter(a_sequence(page.workspace, [{"sub_flow": a_sub_flow(page.workspace, blocks=blocks)}]), ann, now=clock())
    engine.settle()
    hear_the_rest(engine)
    assert graph.actions == []


def test_a_sign_that_fails_costs_nothing(engine: Engine, clock: Clock, graph: GraphDouble) -> None:
    """The provider dies while the sub-flow pauses: no attempt, no doubt, no trouble for a mere sign."""
    page = a_page(graph, a_workspace())
    ann = a_contact(page, "ann", last_interaction_at=clock())
    silent = [{"type": "pause", "seconds": 5}, {"type": "text", "text": "Two"}]
    enter(a_sequence(page.workspace, [{"sub_flow": a_sub_flow(page.workspace, blocks=silent)}]), ann, now=clock())
    graph.fault("refuse")
    engine.settle()
    hear_the_rest(engine)
    page.refresh_from_db()
    [delivery] = Delivery.objects.filter(contact=ann)
    assert (delivery.state, delivery.attempts, page.trouble_rounds, page.failing) == ("waiting", 0, 0, [])
    graph.heal()
    engine.travel(seconds=5)
    assert states_of(ann) == [("sent", "")]
    assert len(graph.accepted) == 1


def test_a_channel_without_such_a_sign_pauses_all_the_same(engine: Engine, clock: Clock) -> None:
    sandbox = a_sandbox()
    ann = a_contact(sandbox)
    sub_flow = a_sub_flow(sandbox.workspace, blocks=PAUSED)
    enter(a_sequence(sandbox.workspace, [{"sub_flow": sub_flow}]), ann, now=clock())
    engine.settle()
    assert texts_shown_to(ann) == ["One"]
    engine.travel_to(clock() + timedelta(seconds=5))
    assert texts_shown_to(ann) == ["One", "Two"]
