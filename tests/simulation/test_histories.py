"""Whatever happens, in whatever order, and whoever dies and lies meanwhile: the invariants of docs/reliability.md.

A few histories with each run; HISTORIES=20000 takes that many, EVENTS=100 makes them longer, SEED=7 begins elsewhere.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest

from sequences.conservation import gaps
from sequences.models import Delivery
from sequences.rules import timing
from tests.actions.test_property_edits import Look, check_it_waits_for_something
from tests.doubles.sink import Taken
from tests.journeys.conftest import Report, report
from tests.simulation.harsh_world import HarshWorld

__all__ = ["report"]

pytestmark = pytest.mark.django_db(transaction=True)

HISTORIES = int(os.environ.get("HISTORIES") or 12)
EVENTS = int(os.environ.get("EVENTS") or 20)
FIRST = int(os.environ.get("SEED") or 0)
SHARES = 4
FINAL = {"sent", "skipped", "failed", "unknown"}


@pytest.mark.parametrize("share", range(SHARES))
def test_histories_with_deaths_and_lies(share: int, report: Report) -> None:
    deaths = lies = messages = 0
    for seed in range(FIRST + share, FIRST + HISTORIES, SHARES):
        world = HarshWorld(seed)
        try:
            play(world, seed)
        finally:
            world.close()
        deaths, lies, messages = deaths + world.deaths, lies + world.lies, messages + len(world.sink.taken)
    histories = len(range(FIRST + share, FIRST + HISTORIES, SHARES))
    report(f"{histories} histories of {EVENTS} events, {deaths} deaths, {lies} lies, {messages} messages: all kept")


def play(world: HarshWorld, seed: int) -> None:
    told: list[str] = []
    seen = 0
    try:
        for _ in range(EVENTS):
            told.append(world.happens())
            look = mine(Look.at(world))
            check_all(look, world.sink.taken[seen:], world)
            seen = len(world.sink.taken)
        world.comes_to_its_end()
        look = mine(Look.at(world))
        check_once_and_in_order(look, world)
        check_nothing_is_lost(look, world)
        assert {row.state for row in look.deliveries} <= FINAL
    except AssertionError as error:
        raise AssertionError(f"SEED={seed}, after {told}: {error}") from error


def mine(look: Look) -> Look:
    """Histories share their tables."""
    people = [row for row in look.people if row.sequence_id == look.sequence.pk]
    numbers = {row.pk for row in people}
    deliveries = [row for row in look.deliveries if row.subscription_id in numbers]
    return Look(look.world, look.sequence, look.steps, people, deliveries)


def check_all(look: Look, fresh: list[Taken], world: HarshWorld) -> None:
    check_once_and_in_order(look, world)
    check_the_window_was_open(look, fresh)
    check_nothing_is_lost(look, world)
    for row in look.free:
        if row.state == "active":
            check_it_waits_for_something(row, look)
    for delivery in look.deliveries:
        if delivery.state in ("skipped", "failed", "unknown"):
            assert delivery.reason, delivery


def check_once_and_in_order(look: Look, world: HarshWorld) -> None:
    """What the provider took: no part twice, and the parts of a message in their order."""
    keys = [one.key for one in world.sink.taken]
    assert [key for key, times in Counter(keys).items() if times > 1] == []
    parts: dict[int, list[int]] = {}
    for one in world.sink.taken:
        parts.setdefault(one.delivery_id, []).append(one.part)
    assert [found for found in parts.values() if found != sorted(found)] == []
    known = {row.pk: row for row in look.deliveries}
    world.known |= {number: (row.contact_id, row.step_id) for number, row in known.items()}
    if not look.sequence.reentry:
        got = Counter((*world.known[one.delivery_id], one.part) for one in world.sink.taken)
        assert [one for one, times in got.items() if times > 1] == []
    for number, found in parts.items():
        if number in world.dropped:
            continue
        # One that the provider took and denied may be behind the record by that one.
        assert len(found) <= known[number].parts_done + 1, known[number]


def check_the_window_was_open(look: Look, fresh: list[Taken]) -> None:
    """On the person's own clock, at the moment when the first part left."""
    schedules = {step.id: step.schedule for step in look.steps}
    known = {row.pk: row for row in look.deliveries}
    for one in fresh:
        row = known.get(one.delivery_id)
        if row is not None and one.part == 0 and one.at is not None:
            assert timing.is_open(one.at, schedules[row.step_id], look.zone_of(row.contact)), row


def check_nothing_is_lost(look: Look, world: HarshWorld) -> None:
    names = {row.public_id for row in look.people}
    assert [gap for gap in gaps(now=world.clock()) if gap.subscription in names] == []


def test_a_message_that_is_lost_would_be_noticed() -> None:
    world = HarshWorld(1)
    while not Delivery.objects.filter(state__in=FINAL).exists():
        world.the_engine_turns()
        world.time_passes()
    Delivery.objects.all().delete()
    with pytest.raises(AssertionError):
        check_nothing_is_lost(mine(Look.at(world)), world)
    world.close()
