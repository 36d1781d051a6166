"""A run that dies at any stage: what had not left goes out, what may have left is never doubled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from channels.models import Channel, Contact
from sequencer.workspaces.actor import SYSTEM
from sequences.actions.claim import claim_due
from sequences.actions.prepare import prepare
from sequences.actions.rescue import rescue, rescue_dead_runs
from sequences.actions.runs import RunLost, beat, declare_dead, end_run
from sequences.actions.unsubscribe import unsubscribe
from sequences.models import Delivery, Run, Subscription
from tests.actions.cast import a_page, a_sandbox, delivery_of, enter, states_of, subscription_of
from tests.builders import a_contact, a_sequence, a_sub_flow, a_workspace
from tests.doubles.graph import GraphDouble
from tests.engine import Clock, Engine, texts_shown_to

pytestmark = pytest.mark.django_db

ONE_TWO = [{"type": "text", "text": "One"}, {"type": "text", "text": "Two"}]
HOURLY = {"delay_unit": "hours", "delay_amount": 1}


@pytest.fixture
def another(clock: Clock) -> Iterator[Engine]:
    engine = Engine(clock, seed=2)
    yield engine
    engine.close()


@pytest.fixture(params=["messenger", "sandbox"])
def channel(request: pytest.FixtureRequest, graph: GraphDouble) -> Channel:
    workspace = a_workspace()
    return a_page(graph, workspace) if request.param == "messenger" else a_sandbox(workspace)


@pytest.fixture
def ann(channel: Channel, clock: Clock) -> Contact:
    """Her message of two parts is due, another step follows an hour later."""
    ann = a_contact(channel, last_interaction_at=clock())
    step = {"sub_flow": a_sub_flow(channel.workspace, blocks=ONE_TWO)}
    enter(a_sequence(channel.workspace, [step, HOURLY]), ann, now=clock())
    return ann


def dies_after_claim(engine: Engine) -> None:
    assert claim_due(engine.run, now=engine.clock(), room={}, default_room=10, limit=10)


def dies_after_prepare(engine: Engine) -> None:
    assert engine.decide()


def dies_after_deciding(engine: Engine) -> None:
    """There was room: it was marked as leaving by the commit that decided it."""
    claims = claim_due(engine.run, now=engine.clock(), room={}, default_room=10, limit=10)
    berths = engine.dispatcher.ready.berths(10, per_channel=10)
    flights = prepare(claims, engine.run, now=engine.clock(), berths=berths)
    assert [flight.left_at for flight in flights] == [engine.clock()]


def dies_after_marking(engine: Engine) -> None:
    dies_after_prepare(engine)
    wave = engine.dispatcher.ready.take(10, per_channel=10, now=engine.clock())
    assert len(engine.dispatcher._mark(wave, engine.clock())) == 1


def dies_after_the_request(engine: Engine) -> None:
    """The provider took it and said so; nothing of it was written down."""
    dies_after_prepare(engine)
    assert engine.dispatcher._leave(engine.clock())
    for _ in range(100):
        if engine.dispatcher._hear(0.05):
            return
    raise AssertionError("no answer came")


def dies_between_parts(engine: Engine) -> None:
    dies_after_the_request(engine)
    assert engine.dispatcher._record()
    assert len(engine.dispatcher.ready) == 1


BEFORE_IT_LEFT = [dies_after_claim, dies_after_prepare]
PERHAPS_LEFT = [dies_after_deciding, dies_after_marking, dies_after_the_request]


def texts_heard(graph: GraphDouble, person: Contact) -> list[str]:
    """What arrived, wherever the person is."""
    heard = [seen.body["message"]["text"] for seen in graph.accepted if seen.recipient == person.address]
    return heard + texts_shown_to(person)


def its_silence_is_noticed(engine: Engine, another: Engine) -> None:
    """16 seconds without a heartbeat, in which only the other run shows that it lives."""
    engine.clock.forward(seconds=16)
    beat(another.run, now=engine.clock())
    assert rescue_dead_runs(now=engine.clock()) == 1
    engine.run.refresh_from_db()
    assert (engine.run.ended_because, engine.run.rescued_at) == ("dead", engine.clock())


@pytest.mark.parametrize("dies", BEFORE_IT_LEFT)
def test_what_had_not_left_goes_out_and_no_attempt_is_lost(
    dies: Callable, engine: Engine, another: Engine, ann: Contact, graph: GraphDouble
) -> None:
    dies(engine)
    another.settle()
    assert texts_heard(graph, ann) == []  # it is in another's hands
    its_silence_is_noticed(engine, another)
    another.settle()
    assert texts_heard(graph, ann) == ["One", "Two"]
    assert (delivery_of(ann).state, delivery_of(ann).attempts) == ("sent", 1)


@pytest.mark.parametrize("dies", PERHAPS_LEFT)
def test_what_may_have_left_is_shown_as_unknown_or_goes_again_under_its_key(
    dies: Callable, engine: Engine, another: Engine, ann: Contact, graph: GraphDouble
) -> None:
    dies(engine)
    heard_before = texts_heard(graph, ann)
    its_silence_is_noticed(engine, another)
    another.settle()
    if ann.channel.kind == "sandbox":  # it takes the engine's key: shown once
        assert texts_heard(graph, ann) == ["One", "Two"]
        assert (delivery_of(ann).state, delivery_of(ann).attempts) == ("sent", 2)
        return
    assert texts_heard(graph, ann) == heard_before
    assert states_of(ann) == [("unknown", "outcome_unknown")]
    waiting = subscription_of(ann)
    assert (waiting.state, waiting.next_send_at) == ("active", another.clock() + timedelta(hours=1))
    another.travel(hours=1)
    assert [state for state, _ in states_of(ann)] == ["unknown", "sent"]


def test_a_begun_sub_flow_goes_on_where_it_stopped(
    engine: Engine, another: Engine, ann: Contact, graph: GraphDouble
) -> None:
    dies_between_parts(engine)
    assert texts_heard(graph, ann) == ["One"]
    its_silence_is_noticed(engine, another)
    another.settle()
    assert texts_heard(graph, ann) == ["One", "Two"]
    assert (delivery_of(ann).state, delivery_of(ann).parts_done) == ("sent", 2)


@pytest.mark.parametrize("dies", [*BEFORE_IT_LEFT, *PERHAPS_LEFT, dies_between_parts])
def test_a_run_that_wakes_up_after_its_funeral_changes_nothing(
    dies: Callable, engine: Engine, another: Engine, ann: Contact, graph: GraphDouble
) -> None:
    """Its record is refused, nothing of its leaves, it claims nothing, and its next heartbeat tells it so."""
    dies(engine)
    its_silence_is_noticed(engine, another)
    another.settle()
    before, heard = everything_written(), texts_heard(graph, ann)
    for _ in range(5):
        engine.dispatcher.turn(0.02)
    another.clock.forward(hours=1)
    for _ in range(5):
        engine.dispatcher.turn(0.02)
    assert (everything_written(), texts_heard(graph, ann)) == (before, heard)
    assert not Subscription.objects.filter(run=engine.run).exists()
    with pytest.raises(RunLost):
        beat(engine.run, now=engine.clock())


def everything_written() -> list:
    deliveries = Delivery.objects.order_by("pk").values_list("pk", "state", "attempts", "parts_done", "run", "sent_at")
    people = Subscription.objects.order_by("pk").values_list("pk", "state", "next_send_at", "run", "done_steps")
    return [*deliveries, *people]


def test_a_run_that_wakes_up_before_anybody_took_over_loses_nothing(
    engine: Engine, another: Engine, ann: Contact, graph: GraphDouble
) -> None:
    """Declared dead, but not yet rescued: it may not send, and what it held goes out by another hand."""
    dies_after_prepare(engine)
    engine.clock.forward(seconds=16)
    beat(another.run, now=engine.clock())
    assert declare_dead(engine.run, now=engine.clock())
    for _ in range(5):
        engine.dispatcher.turn(0.02)
    assert texts_heard(graph, ann) == []
    rescue_dead_runs(now=engine.clock())
    another.settle()
    assert texts_heard(graph, ann) == ["One", "Two"]


def test_a_slow_provider_is_no_dead_worker(engine: Engine, another: Engine, ann: Contact) -> None:
    """A heartbeat every 5 seconds is enough, however long the answer takes."""
    dies_after_prepare(engine)
    for _ in range(12):
        engine.clock.forward(seconds=5)
        for one in (engine, another):
            beat(one.run, now=engine.clock())
        assert rescue_dead_runs(now=engine.clock()) == 0
    assert Run.objects.filter(ended_at=None).count() == 2


def test_an_orderly_end_gives_back_at_once(engine: Engine, another: Engine, ann: Contact, graph: GraphDouble) -> None:
    dies_after_prepare(engine)
    engine.dispatcher.stop()
    end_run(engine.run, because="handed_over", now=engine.clock())
    another.settle()
    assert texts_heard(graph, ann) == ["One", "Two"]
    assert delivery_of(ann).attempts == 1
    assert rescue(engine.run, now=engine.clock()) == 0


@pytest.mark.parametrize("dies", [*BEFORE_IT_LEFT, *PERHAPS_LEFT, dies_between_parts])
def test_whoever_left_meanwhile_is_let_go(
    dies: Callable, engine: Engine, another: Engine, ann: Contact, graph: GraphDouble
) -> None:
    """They unsubscribed while the dead run had them: nothing more leaves, and nothing waits for ever."""
    dies(engine)
    heard = texts_heard(graph, ann)
    unsubscribe(subscription_of(ann).sequence, [ann], now=engine.clock(), actor=SYSTEM)
    its_silence_is_noticed(engine, another)
    another.travel(hours=3)
    ended = subscription_of(ann)
    assert (ended.state, ended.run_id, ended.next_send_at) == ("stopped", None, None)
    assert texts_heard(graph, ann) == heard
    assert not Delivery.objects.filter(state__in=["sending", "waiting"]).exists()


def test_two_rescuers_do_the_work_of_one(engine: Engine, another: Engine, ann: Contact, graph: GraphDouble) -> None:
    dies_after_marking(engine)
    its_silence_is_noticed(engine, another)
    before = everything_written()
    assert rescue(engine.run, now=engine.clock()) == 0
    assert everything_written() == before
