"""The numbers of each message are what its deliveries are, whatever was done to them."""

from __future__ import annotations

import pytest

from sequences.actions.fold_tallies import fold_tallies
from sequences.admin.step_numbers import numbers_of
from sequences.models import Delivery, Sequence, Tally
from tests.actions.histories import World
from tests.actions.tallies import counted, some_deliveries, tallied, told, true
from tests.builders import a_sequence
from tests.engine import Clock

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("seed", range(12))
def test_after_any_history_the_numbers_and_the_days_are_those_of_the_rows(seed: int) -> None:
    world = World(seed)
    for number in range(14):
        world.happens()
        assert tallied() == counted()
        for sequence in Sequence.objects.select_related("workspace"):
            assert told(sequence) == true(sequence)
        if number % 4 == seed % 4:
            fold_tallies(above=seed % 3)
    world.close()


def test_each_state_is_counted_where_it_belongs(clock: Clock) -> None:
    sequence = a_sequence()
    step = sequence.steps.get()
    rows = some_deliveries(
        sequence, step, ["sent", "sent", "delivered", "read", "skipped", "failed", "unknown", "sending"], clock
    )
    numbers = numbers_of(sequence)[step.pk]
    assert (numbers.sent, numbers.delivered, numbers.read) == (4, 2, 1)
    assert (numbers.delivered_share, numbers.read_share) == (50, 25)
    assert (numbers.skipped, numbers.failed, numbers.unknown, numbers.waiting) == (1, 1, 1, 8)
    Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(state="read")
    assert numbers_of(sequence)[step.pk].read == 8
    assert tallied() == counted()


def test_folding_changes_no_number(clock: Clock) -> None:
    sequence = a_sequence()
    rows = some_deliveries(sequence, sequence.steps.get(), ["sent"] * 6, clock)
    for row in rows[:4]:
        Delivery.objects.filter(pk=row.pk).update(state="delivered")
    fold_tallies(above=2)
    assert tallied() == counted()
    assert Tally.objects.count() == 2
