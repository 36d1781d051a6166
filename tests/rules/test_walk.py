"""A person walked through a sequence: the same rules as the preview, with replies on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from channels.content import Text
from channels.messages import ContentType, Route
from sequences.rules.policy import ReplyRule
from sequences.rules.reasons import EndedBecause, Reason
from sequences.rules.rendering import ActionPart, MessagePart, PausePart
from sequences.rules.steps import StepSettings
from sequences.rules.timeline import Outcome, PlannedStep, timeline
from sequences.rules.timing import Schedule
from sequences.rules.walk import Event, Happening, Made, Scene, Stand, reply, upcoming, walk

PARIS = ZoneInfo("Europe/Paris")
MONDAY = datetime(2026, 6, 1, 10, tzinfo=UTC)
LONG = timedelta(days=400)
DAY = ReplyRule(length=timedelta(hours=24))
HOUR = timedelta(hours=1)
SEEDS = 60
# Sub-flows with and without a bound template.
TEMPLATED, PLAIN = 1, 2


def steps_of(*settings: dict) -> list[StepSettings]:
    return [
        StepSettings(id=number, schedule=one.pop("schedule", Schedule(timedelta())), **one)
        for number, one in enumerate(settings, 1)
    ]


def happenings(events: list[Event]) -> list[tuple[str, int | None]]:
    return [(event.happening.value, event.step.id if event.step else None) for event in events]


def random_steps(chance: Random) -> list[StepSettings]:
    windows = [(None, None), (time(9), time(18)), (time(22), time(2))]
    made = []
    for number in range(1, chance.randint(1, 6) + 1):
        start, end = chance.choice(windows)
        delay = timedelta(minutes=chance.choice([0, 20, 180, 1800, 4000]))
        schedule = Schedule(delay, start, end, chance.choice([0b1111111, 0b0011111, 0b1000001]))
        made.append(
            StepSettings(
                id=number,
                schedule=schedule,
                is_open=chance.random() < 0.9,
                content_type=chance.choice(list(ContentType)),
                outside=chance.choice(["skip", "hold", "stop"]),
                sub_flow_id=chance.choice([TEMPLATED, PLAIN]),
            )
        )
    return made


@pytest.fixture(scope="module")
def met() -> Iterator[Counter[Any]]:
    """What all seeds together came by: agreeing on nothing would prove nothing."""
    counted: Counter[Any] = Counter()
    yield counted
    if counted["seeds"] == SEEDS:
        met_with = {*Outcome, *Route} - {Outcome.NOT_REACHED}
        assert met_with <= set(counted), counted


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_walk_ends_where_the_preview_says(seed: int, met: Counter[Any]) -> None:
    """Random sequences and people: message by message, the two rules agree on what happens, when and why."""
    chance = Random(seed)
    steps = random_steps(chance)
    wrote_at = MONDAY - timedelta(hours=chance.choice([0, 20, 30]))
    rule = ReplyRule(timedelta(hours=24), chance.choice(["never", "message_tag", "utility_template"]), wrote_at)
    planned = [
        PlannedStep(index, step, rule._replace(has_utility_template=step.sub_flow_id == TEMPLATED))
        for index, step in enumerate(steps)
    ]
    scene = Scene(steps, PARIS, rule, templated={TEMPLATED})
    _, events = walk(Stand(MONDAY, last_interaction_at=wrote_at), scene, MONDAY + LONG)

    expected = [entry for entry in timeline(planned, MONDAY, PARIS) if entry.outcome != Outcome.NOT_REACHED]
    walked = [event for event in events if event.step is not None]
    assert [(steps[e.index].id, e.sends_at, e.route, e.reason) for e in expected] == [
        (w.step.id if w.step else 0, w.at, w.route, w.reason) for w in walked
    ]
    met["seeds"] += 1
    met.update(entry.outcome for entry in expected)
    met.update(entry.route for entry in expected if entry.outcome == Outcome.SEND)


def test_nothing_is_played_before_its_moment() -> None:
    steps = steps_of({}, {"schedule": Schedule(HOUR)})
    scene = Scene(steps, PARIS, ReplyRule(None))
    stand, events = walk(Stand(MONDAY), scene, MONDAY + HOUR / 2)
    assert happenings(events) == [("sent", 1)]
    plan = upcoming(stand, scene)
    assert plan is not None
    assert plan.next_send_at == MONDAY + HOUR
    _, events = walk(stand, scene, MONDAY + HOUR)
    assert happenings(events) == [("sent", 2), ("ended", None)]


def test_a_held_message_goes_when_they_write() -> None:
    scene = Scene(steps_of({"outside": "hold"}), PARIS, DAY)
    stand, events = walk(Stand(MONDAY), scene, MONDAY + LONG)
    assert happenings(events) == [("held", 1)]
    assert events[0].reason == Reason.REPLY_WINDOW_CLOSED
    wrote_at = MONDAY + timedelta(days=3)
    stand, _ = reply(stand, scene, wrote_at)
    stand, events = walk(stand, scene, wrote_at)
    assert happenings(events) == [("sent", 1), ("ended", None)]
    assert events[0].at == wrote_at


def test_a_reply_stops_only_what_has_begun() -> None:
    scene = Scene(steps_of({"schedule": Schedule(HOUR)}, {"schedule": Schedule(HOUR)}), PARIS, DAY, stops_on_reply=True)
    stand = Stand(MONDAY, last_interaction_at=MONDAY)
    stand, _ = reply(stand, scene, MONDAY)
    assert stand.ended_because is None
    stand, _ = walk(stand, scene, MONDAY + HOUR)
    stand, events = reply(stand, scene, MONDAY + HOUR)
    assert stand.ended_because == EndedBecause.REPLIED
    assert happenings(events) == [("ended", None)]
    assert walk(stand, scene, MONDAY + LONG) == (stand, [])


def test_the_next_countdown_starts_with_the_last_part() -> None:
    """A pause block of 60 s inside the first message moves the second by as much."""
    parts = (MessagePart(Text("one")), PausePart(60), MessagePart(Text("two")))
    steps = steps_of({}, {"schedule": Schedule(HOUR)})
    scene = Scene(steps, PARIS, ReplyRule(None), make=lambda step, route: Made(parts))
    _, events = walk(Stand(MONDAY), scene, MONDAY + LONG)
    minute = timedelta(minutes=1)
    assert [at for at, _ in events[0].parts] == [MONDAY, MONDAY, MONDAY + minute]
    assert events[1].at == MONDAY + minute + HOUR


def test_an_action_that_takes_them_out_ends_it_there() -> None:
    parts = (ActionPart("unsubscribe", sequence="seq_1"), MessagePart(Text("never")))
    scene = Scene(steps_of({}, {}), PARIS, ReplyRule(None), own_id="seq_1", make=lambda step, route: Made(parts))
    stand, events = walk(Stand(MONDAY), scene, MONDAY + LONG)
    assert stand.ended_because == EndedBecause.UNSUBSCRIBED
    assert [len(event.parts) for event in events] == [1, 0]


def test_what_cannot_be_made_fails_and_the_sequence_goes_on() -> None:
    trouble = Made(trouble=Reason.RENDERING_FAILED, detail="blocks.0: empty_text")
    scene = Scene(
        steps_of({}, {}), PARIS, ReplyRule(None), make=lambda step, route: trouble if step.id == 1 else Made()
    )
    _, events = walk(Stand(MONDAY), scene, MONDAY)
    assert [(e.happening, e.reason) for e in events[:2]] == [
        (Happening.FAILED, Reason.RENDERING_FAILED),
        (Happening.SENT, None),
    ]
