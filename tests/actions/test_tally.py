"""The numbers of each message are what its deliveries are, whatever was done to them."""

from __future__ import annotations

from collections import Counter

import pytest
from django.db.models import Count, Sum

from sequences.admin.step_numbers import numbers_of
from sequences.models import Delivery, Sequence, Step, Tally
from sequences.sql.tally import fold_tallies
from tests.actions.cast import a_sandbox, enter, people_of
from tests.actions.histories import World
from tests.builders import a_sequence
from tests.engine import Clock

pytestmark = pytest.mark.django_db

ON_THEIR_WAY = ("sending", "waiting")


def counted() -> Counter[tuple[int, str]]:
    rows = Delivery.objects.exclude(state__in=ON_THEIR_WAY).order_by().values_list("step_id", "state")
    return Counter({row[:2]: row[2] for row in rows.annotate(number=Count("pk"))})


def tallied() -> Counter[tuple[int, str]]:
    rows = Tally.objects.order_by().values_list("step_id", "state").annotate(total=Sum("number"))
    return Counter({row[:2]: row[2] for row in rows if row[2]})


def some_deliveries(sequence: Sequence, step: Step, states: list[str], clock: Clock) -> list[Delivery]:
    people = people_of(a_sandbox(sequence.workspace), len(states))
    rows = enter(sequence, *people, now=clock())
    return Delivery.objects.bulk_create(
        Delivery(
            workspace=sequence.workspace,
            subscription=row,
            step=step,
            contact=row.contact,
            channel=row.channel,
            state=state,
            due_at=clock(),
            decided_at=clock(),
        )
        for row, state in zip(rows, states, strict=True)
    )


@pytest.mark.parametrize("seed", range(12))
def test_after_any_history_the_numbers_are_those_of_the_deliveries(seed: int) -> None:
    world = World(seed)
    for _ in range(14):
        world.happens()
        assert tallied() == counted()
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
