"""One odd answer, one odd message: nobody else pays for it."""

from __future__ import annotations

import json
import resource
import signal
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from channels.backends.messenger import MessengerBackend
from channels.backends.sandbox import SandboxBackend
from sequences import worker
from sequences.actions import bounds
from sequences.actions.bounds import Watch
from sequences.actions.claim import claim_due
from sequences.actions.housekeeping import keep_house
from sequences.actions.runs import end_run, start_run
from sequences.models import Delivery, Subscription
from sequences.models.run import DEAD_AFTER
from sequences.rules.rendering import CompiledBlocks
from sequences.sql import dialect
from tests.actions.cast import a_page, a_sandbox, enter
from tests.builders import a_channel, a_contact, a_sequence, a_sub_flow, a_workspace
from tests.doubles.graph import GraphDouble
from tests.engine import Clock, Engine, deliveries_of, texts_shown_to

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("step", ["build", "read"])
def test_a_backend_that_stumbles_over_one_message_stops_no_other(
    step: str, engine: Engine, clock: Clock, graph: GraphDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = a_workspace()
    page = a_page(graph, workspace)
    odd, ann = (a_contact(page, last_interaction_at=clock()) for _ in range(2))
    whole = getattr(MessengerBackend, step)

    def stumbles(self: MessengerBackend, *given: Any) -> Any:
        subject = given[0] if step == "build" else given[1]
        if Delivery.objects.get(pk=subject.key.split(".")[0]).contact_id == odd.pk:
            raise RuntimeError("nobody foresaw this")
        return whole(self, *given)

    monkeypatch.setattr(MessengerBackend, step, stumbles)
    sequence = a_sequence(workspace)
    for person in (odd, ann):
        enter(sequence, person, now=clock())
    engine.settle()
    assert [row.state for row in deliveries_of(ann)] == ["sent"]
    assert [row.state for row in deliveries_of(odd)] == [{"build": "failed", "read": "unknown"}[step]]
    assert not Subscription.objects.active().exists()


@pytest.mark.parametrize("trouble", [RuntimeError("nobody foresaw this"), MemoryError()])
def test_a_message_whose_rendering_stumbles_stops_no_other(
    trouble: Exception, engine: Engine, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It fails with a reason, those decided beside it go, and its own sequence goes on."""
    channel = a_sandbox()
    odd, ann = a_contact(channel, first_name="Odd"), a_contact(channel)
    whole = CompiledBlocks.render

    def stumbles(self: CompiledBlocks, values: Any) -> Any:
        if values["first_name"] == "Odd":
            raise trouble
        return whole(self, values)

    monkeypatch.setattr(CompiledBlocks, "render", stumbles)
    sequence = a_sequence(channel.workspace)
    for person in (odd, ann):
        enter(sequence, person, now=clock())
    engine.settle()
    assert [row.state for row in deliveries_of(ann)] == ["sent"]
    assert [(row.state, row.reason) for row in deliveries_of(odd)] == [("failed", "rendering_failed")]
    assert not Subscription.objects.active().exists()


def never_ends(values: Any) -> Any:
    while True:
        values = dict(values)


def takes_a_gigabyte(values: Any) -> Any:
    return bytearray(1 << 30)


@pytest.mark.parametrize("renders", [never_ends, takes_a_gigabyte])
def test_a_message_whose_rendering_never_ends_or_takes_all_memory_stops_no_other(
    renders: Callable[[Any], Any], engine: Engine, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "TICK", 0.1)
    if renders is takes_a_gigabyte and not bounds.STATM.exists():
        pytest.skip("the kernel does not tell how much memory a process has")
    channel = a_sandbox()
    ann, odd, bob = (a_contact(channel, first_name=name) for name in ("Ann", "Odd", "Bob"))
    whole = CompiledBlocks.render
    limits = resource.getrlimit(resource.RLIMIT_AS)

    def odd_renders(self: CompiledBlocks, values: Any) -> Any:
        return renders(values) if values["first_name"] == "Odd" else whole(self, values)

    monkeypatch.setattr(CompiledBlocks, "render", odd_renders)
    sequence = a_sequence(channel.workspace)
    for person in (ann, odd, bob):
        enter(sequence, person, now=clock())
    engine.settle()
    assert [[row.state for row in deliveries_of(person)] for person in (ann, odd, bob)] == [
        ["sent"],
        ["failed"],
        ["sent"],
    ]
    assert deliveries_of(odd)[0].reason == "rendering_failed"
    # What bounds a wave bounds nothing after it.
    assert resource.getrlimit(resource.RLIMIT_AS) == limits
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0


def test_a_slow_wave_of_quick_messages_is_given_its_time() -> None:
    """Each tick meets another message."""
    watch = Watch()
    for number in range(5):
        watch.rendering = number
        watch.tick(signal.SIGALRM, None)
    watch.rendering = None
    watch.tick(signal.SIGALRM, None)
    watch.tick(signal.SIGALRM, None)
    watch.rendering = 9
    watch.tick(signal.SIGALRM, None)
    with pytest.raises(bounds.RenderingTookTooLong):
        watch.tick(signal.SIGALRM, None)


def test_an_answer_that_the_database_refuses_is_unknown_and_the_others_are_recorded(
    engine: Engine, clock: Clock, graph: GraphDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL refuses text with NUL; SQLite takes it, and there all are simply sent."""
    workspace = a_workspace()
    page = a_page(graph, workspace)
    people = [a_contact(page, f"person-{index}", last_interaction_at=clock()) for index in range(3)]
    whole = MessengerBackend.read

    def with_nul(self: MessengerBackend, result: Any, message: Any) -> Any:
        receipt = whole(self, result, message)
        odd = json.loads(result.body)["recipient_id"] == "person-1"
        return type(receipt)("m_\x00") if odd else receipt

    monkeypatch.setattr(MessengerBackend, "read", with_nul)
    sequence = a_sequence(workspace)
    for person in people:
        enter(sequence, person, now=clock())
    engine.settle()
    states = [deliveries_of(person)[0].state for person in people]
    assert states[0] == states[2] == "sent"
    assert states[1] in ("unknown", "sent")
    assert engine.dispatcher.is_idle


def test_a_channel_that_was_never_served_comes_first(clock: Clock) -> None:
    workspace = a_workspace()
    busy, fresh = a_channel(workspace, tokens_at=clock()), a_channel(workspace)
    sequence = a_sequence(workspace)
    for channel in (busy, fresh):
        enter(sequence, a_contact(channel), now=clock())
    assert dialect().channels_with_due(now=clock()) == [fresh.pk, busy.pk]


def test_a_channel_in_debt_for_the_parts_of_its_messages_waits_and_nobody_else_does(
    engine: Engine, clock: Clock
) -> None:
    """Each part counts against the channel's speed: two messages of three parts at one a second take six seconds."""
    workspace = a_workspace()
    slow = a_channel(workspace, settings={"sends_per_second": 1, "reply_window": False})
    blocks = [{"type": "text", "text": f"Part {number}"} for number in range(3)]
    sequence = a_sequence(workspace, [{"sub_flow": a_sub_flow(workspace, blocks=blocks)}])
    ann, bob = a_contact(slow), a_contact(slow)
    enter(sequence, ann, now=clock())
    enter(sequence, bob, now=clock())
    engine.settle()
    assert len(texts_shown_to(ann)) == 3
    engine.travel(seconds=2)
    assert texts_shown_to(bob) == []
    engine.travel(seconds=1)
    assert len(texts_shown_to(bob)) == 3


def test_a_mistake_of_ours_leaves_nothing_in_doubt(
    engine: Engine, clock: Clock, graph: GraphDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The dispatcher falls over its next claim while a request is out: the answer is heard and recorded still."""
    workspace = a_workspace()
    ann = a_contact(a_page(graph, workspace), last_interaction_at=worker.database_clock())
    enter(a_sequence(workspace), ann, now=worker.database_clock())
    graph.fault("slow", seconds=1)
    claims = iter([claim_due])

    def stumbles(*given: Any, **named: Any) -> Any:
        return next(claims)(*given, **named)

    monkeypatch.setattr("sequences.actions.dispatch.claim_due", stumbles)
    run = start_run(tree="stumbling", host="test", pid=1, now=worker.database_clock())
    assert run is not None
    worker.work(run, worker.open_doors(), worker.Slot(timedelta(seconds=30)), hand_over=lambda: None)
    assert [row.state for row in deliveries_of(ann)] == ["sent"]


class Killed(BaseException):
    """The process is dead: no `except Exception` catches that."""


@pytest.mark.parametrize("reach_of_death", ["rendering", "request of one that may be repeated"])
def test_a_message_that_kills_whoever_takes_it_is_set_aside_after_three_and_its_neighbours_go(
    reach_of_death: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its sequence goes on, and nobody beside it is blamed, though all died with it twice."""
    channel = a_sandbox(sends_per_second=10_000)
    poison = a_sub_flow(channel.workspace, blocks=[{"type": "text", "text": "Poison {{ first_name }}"}])
    sequence = a_sequence(channel.workspace, [{"sub_flow": poison}, {}])
    people = [a_contact(channel, first_name="Odd" if index == 3 else "Ann") for index in range(8)]
    enter(sequence, *people, now=clock())
    kill_at(reach_of_death, monkeypatch)
    deaths = die_until_all_is_done(clock)
    assert deaths == 3
    reason = {"rendering": ("failed", "rendering_failed")}.get(reach_of_death, ("unknown", "outcome_unknown"))
    for person in people:
        states = [(row.state, row.reason) for row in deliveries_of(person)]
        assert states == [reason if person.first_name == "Odd" else ("sent", ""), ("sent", "")]
    assert not Subscription.objects.exclude(deaths=0).exists()


def kill_at(reach: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Simulated deaths of the process over one person's first message."""
    render, build = CompiledBlocks.render, SandboxBackend.build

    def rendering(self: CompiledBlocks, values: Any) -> Any:
        parts = render(self, values)
        if "Poison Odd" in str(parts):
            raise Killed
        return parts

    def building(self: SandboxBackend, message: Any, *given: Any) -> Any:
        if "Poison Odd" in str(message):
            raise Killed
        return build(self, message, *given)

    if reach == "rendering":
        monkeypatch.setattr(CompiledBlocks, "render", rendering)
    else:
        monkeypatch.setattr(SandboxBackend, "build", building)


def die_until_all_is_done(clock: Clock) -> int:
    """One worker after the other, each beginning when the last was missed; how many died."""
    deaths = 0
    while Subscription.objects.active().exists():
        keep_house(now=clock())
        engine = Engine(clock)
        try:
            for _ in range(40):
                engine.dispatcher.turn(0)
            end_run(engine.run, because="left", now=clock())
        except Killed:
            deaths += 1
        engine.close()
        clock.forward(seconds=DEAD_AFTER.total_seconds() + 1)
        assert deaths < 10
    return deaths
