"""Flights that wait for room on the wire, channel by channel: a slow one never stands in front of the others."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from datetime import datetime
from operator import attrgetter

from sequences.actions.flight import Flight
from sequences.actions.media_pace import MediaPace, slow_pace

_CHANNEL = attrgetter("wire.channel_id")


class Berths:
    """Room on the wire for what was just decided: `free` by channel, `default` for those not named.

    `taken` counts what was given away, by channel.
    """

    def __init__(self, room: int, free: Mapping[int, int], default: int) -> None:
        self._room, self._free, self._default = room, dict(free), default
        self.taken: Counter[int] = Counter()

    def take(self, flight: Flight) -> bool:
        """Whether this flight may leave at once. What has a slower pace of its own queues for it."""
        channel = flight.wire.channel_id
        left = self._free.get(channel, self._default)
        kept_back = self._default - at_once(flight, self._default)
        if self._room <= 0 or left <= kept_back or slow_pace(flight) is not None:
            return False
        self._room -= 1
        self._free[channel] = left - 1
        self.taken[channel] += 1
        return True


NO_ROOM = Berths(0, {}, 0)


def at_once(flight: Flight, per_channel: int) -> int:
    """How many of this flight's channel may be under way together: the engine's number, or the kind's smaller one."""
    most = flight.wire.backend.capabilities.at_once
    return per_channel if most is None else min(most, per_channel)


class ReadyQueue:
    """Counts what each channel has waiting here and under way; channels take turns by one wave each.

    Audio and video wait for their own, slower pace; what may go passes them.
    """

    def __init__(self) -> None:
        self._pace = MediaPace()
        self._waiting: dict[int, deque[Flight]] = {}
        self.under_way: Counter[int] = Counter()
        self._promised = NO_ROOM

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

    def berths(self, room: int, *, per_channel: int) -> Berths:
        """For newcomers: none where somebody waits already."""
        free = {channel: per_channel - count for channel, count in self.under_way.items()}
        self._promised = Berths(room, {**free, **dict.fromkeys(self._waiting, 0)}, per_channel)
        return self._promised

    def in_doubt(self, channel_id: int) -> int:
        """How many of a channel a death at this moment leaves in doubt: under way, or leaving with the next commit."""
        return self.under_way[channel_id] + self._promised.taken[channel_id]

    def depart(self, flights: Iterable[Flight]) -> None:
        """These are under way without having waited here; what else was promised a berth did not need it."""
        self._promised = NO_ROOM
        self.under_way.update(map(_CHANNEL, flights))

    def take(self, room: int, *, per_channel: int, now: datetime) -> list[Flight]:
        """Up to `room` flights, each channel within `per_channel` under way; the channel served first goes last."""
        taken: list[Flight] = []
        for channel in list(self._waiting):
            flights = self._waiting.pop(channel)
            most = at_once(flights[0], per_channel) if flights else per_channel
            share = min(room - len(taken), most - self.under_way[channel])
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
        self.under_way -= Counter(map(_CHANNEL, flights))

    def empty(self) -> list[Flight]:
        """Everything that still waits; the queue is empty afterwards."""
        left = [flight for flights in self._waiting.values() for flight in flights]
        self._waiting = {}
        return left
