"""A day in figures, hour by hour, from single moments; and what comes, sorted by how soon."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

# What a state counts as: who read a message got it, and what was got was sent.
COUNTS_AS: dict[str, tuple[str, ...]] = {
    "sent": ("sent",),
    "delivered": ("sent", "delivered"),
    "read": ("sent", "delivered", "read"),
    "skipped": ("skipped",),
    "failed": ("failed",),
    "unknown": ("unknown",),
}


def words_of(states: Mapping[str, int]) -> Counter[str]:
    """How many count as which word, of so many deliveries in each state. A number that a change of zone left below
    zero (what was counted by one clock and taken back by another) counts as none.
    """
    words = Counter[str]()
    for state, number in states.items():
        for word in COUNTS_AS.get(state, ()):
            words[word] += number
    return +words


@dataclass(slots=True)
class Day:
    """`totals` by word; `hours` by the hour of the day in its own zone, each by word."""

    totals: Counter[str] = field(default_factory=Counter)
    hours: dict[int, Counter[str]] = field(default_factory=dict)

    def add(self, word: str, at: datetime) -> None:
        self.totals[word] += 1
        self.hours.setdefault(at.hour, Counter())[word] += 1


def day_of(decided: Iterable[tuple[str, datetime]], wrote: Iterable[datetime], *, start: datetime) -> Day:
    """Deliveries (state, decided_at) and people's last words, of the day that begins at `start`, in its zone."""
    day = Day()
    for state, at in decided:
        if at >= start:
            for word in COUNTS_AS.get(state, ()):
                day.add(word, at.astimezone(start.tzinfo))
    for at in wrote:
        if at >= start:
            day.add("wrote", at.astimezone(start.tzinfo))
    return day


@dataclass(slots=True)
class Coming:
    """How many messages of a sequence are due when."""

    due: int = 0
    within_hour: int = 0
    today: int = 0
    this_week: int = 0

    @property
    def total(self) -> int:
        return self.due + self.within_hour + self.today + self.this_week


def coming(due: Iterable[tuple[int, datetime]], *, now: datetime, midnight: datetime) -> dict[int, Coming]:
    """Sequence id -> its figures, from (sequence id, due moment) of at most a week ahead. No message counts twice."""
    found: dict[int, Coming] = {}
    for sequence_id, at in due:
        row = found.setdefault(sequence_id, Coming())
        if at <= now:
            row.due += 1
        elif at <= now + timedelta(hours=1):
            row.within_hour += 1
        elif at < midnight:
            row.today += 1
        else:
            row.this_week += 1
    return found
