"""What became of a sequence day by day, from numbers that the database keeps: no delivery and no person is counted."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import DateField, F, IntegerField, Value
from django.db.models.functions import Cast

from sequences.models import EntryDay, EntryTally, Sequence, StepDay, Tally
from sequences.rules.slots import day_of, slots_of
from sequences.rules.zones import Zone, pick_zone

MOST_DAYS = 400


@dataclass(slots=True)
class DayFigures:
    """Of one day: people by "subscribed" or by why they left, and each message's deliveries by state.

    Deliveries count on the day on which it was decided that they go, or not; what is heard of them later counts there.
    """

    entries: Counter[str] = field(default_factory=Counter)
    steps: dict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    @property
    def messages(self) -> Counter[str]:
        """Of all messages together."""
        return sum(self.steps.values(), Counter[str]())


def zone_of(sequence: Sequence) -> Zone:
    """By whose clock its days begin."""
    return pick_zone("", None, sequence.workspace.time_zone)


def figures_by_day(sequence: Sequence, first: date, last: date) -> dict[date, DayFigures]:
    """From the first to the last of these days, each with its figures; two queries, whatever stands behind them."""
    found = {first + timedelta(days=number): DayFigures() for number in range((last - first).days + 1)}
    mine: dict[str, Any] = {"sequence": sequence}
    for _, on, word, number in _counted(EntryDay, EntryTally, mine, ("sequence_id", "word"), first, last, sequence):
        found[on].entries[word] += number
    mine = {"step__sequence": sequence}
    for step, on, state, number in _counted(StepDay, Tally, mine, ("step_id", "state"), first, last, sequence):
        found[on].steps[step][state] += number
    return found


def _counted(
    day: type[Any],
    tally: type[Any],
    mine: dict[str, Any],
    names: tuple[str, str],
    first: date,
    last: date,
    sequence: Sequence,
) -> Iterator[tuple[int, date, str, int]]:
    """Owner, day, word, number: what is summed up by days already, and what is not, as of one moment."""
    begin, end = slots_of(first, last)
    zone = zone_of(sequence).tz
    no_day, no_slot = Cast(Value(None), DateField()), Cast(Value(None), IntegerField())
    summed = day.objects.filter(**mine, on__range=(first, last)).annotate(slot=no_slot, day=F("on"))
    fresh = tally.objects.filter(**mine, slot__range=(begin, end)).annotate(day=no_day)
    columns = (*names, "day", "slot", "number")
    for owner, word, on, slot, number in summed.values_list(*columns).union(fresh.values_list(*columns), all=True):
        on = on or day_of(slot, zone)
        if first <= on <= last:
            yield owner, on, word, number
