"""Audio and video are taken slower than text: they weigh more in the channel's speed, and leave evenly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from sequences.actions.flight import Flight
from sequences.rules.rendering import MessagePart


class MediaPace:
    """A bucket of one second's worth, at least one part, for each channel, in this dispatcher's hands.

    The speed that dispatchers share is in the rows.
    """

    def __init__(self) -> None:
        self._left: dict[int, tuple[float, datetime]] = {}

    def lets(self, flight: Flight, now: datetime) -> bool:
        """Whether this flight may leave now; one that may is counted."""
        pace = slow_pace(flight)
        if pace is None:
            return True
        full = max(1.0, pace)  # slower than one a second is a pace too
        left, at = self._left.get(flight.wire.channel_id, (full, now))
        left = min(full, left + max(0.0, (now - at).total_seconds()) * pace)
        may_go = left >= 1.0
        self._left[flight.wire.channel_id] = (left - 1.0 if may_go else left, now)
        return may_go


def slow_pace(flight: Flight) -> float | None:
    """How many such parts a second the provider takes; None for what goes at the channel's own speed."""
    part = flight.part
    return flight.wire.backend.slow_pace(part.content) if isinstance(part, MessagePart) else None


def tokens_by_channel(flights: Iterable[Flight]) -> dict[int, float]:
    """What the next parts of these flights cost of their channels' speed: as many ordinary messages each."""
    tokens: dict[int, float] = defaultdict(float)
    for flight in flights:
        tokens[flight.wire.channel_id] += _weight(flight)
    return dict(tokens)


def surcharges(flights: Iterable[Flight]) -> dict[int, float]:
    """What first parts cost beyond the one message that the claim paid for; nothing where all weigh one."""
    tokens: dict[int, float] = defaultdict(float)
    for flight in flights:
        if (more := _weight(flight) - 1.0) > 0:
            tokens[flight.wire.channel_id] += more
    return dict(tokens)


def _weight(flight: Flight) -> float:
    pace = slow_pace(flight)
    if pace is None:
        return 1.0
    own: float = flight.wire.backend.sends_per_second(flight.wire.account.settings)
    return max(1.0, own / pace)
