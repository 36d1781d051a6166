"""What an edit makes overdue at once may leave over some hours instead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

CHOICES = (0, 1, 2, 6, 24)
# 2 ** 32 divided by the golden ratio: its multiples fill a circle more evenly than those of any other number, however
# many there are, so nobody has to count the people first and the batches of a large edit need not know each other.
_STRIDE, _CIRCLE = 2654435769, 2**32


@dataclass(frozen=True, slots=True)
class Spread:
    """`from_at` is the moment of the edit, `over` how long the overdue messages take to leave."""

    from_at: datetime
    over: timedelta

    def is_overdue(self, before: datetime | None, after: datetime | None) -> bool:
        """Whether this edit, and not the time that passed, makes the message due."""
        return after is not None and after <= self.from_at and (before is None or before > self.from_at)

    def moment(self, number: int) -> datetime:
        """The moment before which the subscription of this number does not go: the same one whenever it is asked."""
        return self.from_at + self.over * _fraction(number)

    def inside(self, number: int, opens_at: datetime, open_for: timedelta) -> datetime:
        """The same for whoever's moment falls where nothing may be sent: into the send window that opens next."""
        return opens_at + min(self.over, open_for) * _fraction(number)


def _fraction(number: int) -> float:
    return number * _STRIDE % _CIRCLE / _CIRCLE
