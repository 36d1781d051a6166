"""Flights that wait for room on the wire, channel by channel: a slow one never stands in front of the others."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from datetime import datetime

from sequences.actions.flight import Flight
from sequences.actions.media_pace import MediaPace


class ReadyQueue:
    """Counts what each channel has waiting here and under way; channels take turns by one wave each.

    Audio and video wait for their own, slower pace; what may go passes them.
    """

    def __init__(self) -> None:
        self._pace = MediaPace()
        self._waiting: dict[int, deque[Flight]] = {}
        self.under_way: Counter[int] = Counter()

    def __len__(self) -> int:
        return sum(len(flights) for flights in self._waiting.values())

    def counts(self) -> dict[int, int]:
        """How many of each channel are in hand: waiting here, on the wire, or heard and not recorded."""
        total = Counter(self.under_way)
        total.update({channel: len(flights) for channel, flights in self._waiting.items()})
        return dict(total)

    def push(self, flights: Iterable[Flight], *, first: bool = False) -> None:
        """Add flights; those that go on with their next part go `first`."""
        listed = list(flights)
        for flight in reversed(listed) if first else listed:
            waiting = self._waiting.setdefault(flight.wire.channel_id, deque())
            if first:
                waiting.appendleft(flight)
            else:
                waiting.append(flight)

    def take(self, room: int, *, per_channel: int, now: datetime) -> list[Flight]:
        """Up to `room` flights, each channel within `per_channel` under way; the channel served first goes last."""
        taken: list[Flight] = []
        for channel in list(self._waiting):
            flights = self._waiting.pop(channel)
            share = min(room - len(taken), per_channel - self.under_way[channel])
            chosen = self._choose(flights, share, now)
            taken += chosen
            self.under_way[channel] += len(chosen)
            if flights:
                self._waiting[channel] = flights
        return taken

    def _choose(self, flights: deque[Flight], share: int, now: datetime) -> list[Flight]:
        chosen, held = list[Flight](), list[Flight]()
        while flights and len(chosen) < share:
            flight = flights.popleft()
            (chosen if self._pace.lets(flight, now) else held).append(flight)
        flights.extendleft(reversed(held))
        return chosen

    def landed(self, flights: Iterable[Flight]) -> None:
        """These are no longer under way: recorded, or put back."""
        self.under_way.subtract(flight.wire.channel_id for flight in flights)
        self.under_way += Counter()

    def empty(self) -> list[Flight]:
        """Everything that still waits; the queue is empty afterwards."""
        left = [flight for flights in self._waiting.values() for flight in flights]
        self._waiting = {}
        return left
