"""Sum up what triggers counted: one row a state for a message, and its days by the clock of its workspace."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Count

from sequencer.workspaces.models import Workspace
from sequences.models import EntryDay, EntryTally, StepDay, Tally
from sequences.rules.slots import day_of
from sequences.rules.zones import pick_zone
from sequences.sql.tally import add_to_days

# Each day takes five of the 32,766 values that a statement may have on SQLite.
MOST_AT_ONCE = 5_000
BATCH = 500


@dataclass(frozen=True, slots=True)
class Sort:
    """Rows of `tally` about an `owner`, by the column `word`, are summed up into `day`."""

    tally: type[Any]
    day: type[Any]
    owner: str
    word: str


SORTS = (Sort(Tally, StepDay, "step_id", "state"), Sort(EntryTally, EntryDay, "sequence_id", "word"))


def fold_tallies(*, above: int = 100) -> None:
    """Fold what has more than `above` rows; those that another worker is folding are its own affair."""
    for sort in SORTS:
        counted = sort.tally.objects.order_by().values(sort.owner).annotate(n=Count("pk")).filter(n__gt=above)
        if crowded := [row[sort.owner] for row in counted[:50]]:
            _fold(sort, crowded)


@transaction.atomic
def _fold(sort: Sort, owners: list[int]) -> None:
    rows = sort.tally.objects.filter(**{f"{sort.owner}__in": owners}).order_by("pk").select_for_update(skip_locked=True)
    columns = ("pk", "workspace_id", sort.owner, sort.word, "slot", "number")
    found = list(rows.values_list(*columns)[:MOST_AT_ONCE])
    sort.tally.objects.filter(pk__in=[row[0] for row in found]).delete()
    totals, days = _summed(found)
    sort.tally.objects.bulk_create(
        sort.tally(workspace_id=place, **{sort.owner: owner, sort.word: word}, number=number)
        for (place, owner, word), number in totals.items()
        if number
    )
    # Everybody adds to the days in one order: nobody waits for somebody who waits for them.
    add_to_days(sort.day, sort.owner, sort.word, sorted((*key, number) for key, number in days.items() if number))


def _summed(
    found: Iterable[tuple[Any, ...]],
) -> tuple[Counter[tuple[int, int, str]], Counter[tuple[int, int, date, str]]]:
    zones = {place.pk: pick_zone("", None, place.time_zone).tz for place in _workspaces({row[1] for row in found})}
    totals: Counter[tuple[int, int, str]] = Counter()
    days: Counter[tuple[int, int, date, str]] = Counter()
    for _, place, owner, word, slot, number in found:
        totals[place, owner, word] += number
        if slot is not None:
            days[place, owner, day_of(slot, zones[place]), word] += number
    return totals, days


def _workspaces(numbers: set[int]) -> Iterable[Workspace]:
    return Workspace.objects.filter(pk__in=numbers).only("time_zone")


def forget_days(*, before: date) -> int:
    """Drop a batch of days that are older; the numbers in all stay."""
    return sum(sort.day.objects.filter(on__lt=before).order_by("on").drop_first(BATCH) for sort in SORTS)
