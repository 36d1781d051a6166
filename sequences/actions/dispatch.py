"""The way a message goes, on one screen: claim, decide, leave, hear, record, and round again."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import cast

from django.db import DatabaseError, IntegrityError, OperationalError

from channels import errors
from channels.messages import DoorResult, Outgoing
from channels.transports import Doors
from sequencer.faults import Edge
from sequences.actions.channel_health import free_probe
from sequences.actions.claim import Claimed, claim_due
from sequences.actions.flight import Flight, needs_the_wire
from sequences.actions.leave import mark_leaving, put_back_untouched
from sequences.actions.outcomes import Passed, Result
from sequences.actions.prepare import prepare
from sequences.actions.ready import Berths, ReadyQueue
from sequences.actions.record import Finished, record
from sequences.actions.suspects import Suspects
from sequences.actions.telling import tell_lateness
from sequences.actions.typing import TYPING, typing_call
from sequences.models import Run

log = logging.getLogger(__name__)

GATHER_SECONDS = 0.01
REQUEST, ANSWERS = Edge("request"), Edge("answers")
Heard = tuple[tuple[Flight, Outgoing], DoorResult]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is in hand at once: rows a transaction, requests that a kill leaves in doubt, one channel's share."""

    commit: int = 500
    in_hand_per_channel: int = 500
    in_flight: int = 800
    in_flight_per_channel: int = 500
    wave: int = 500

    def worth_claiming(self, room: int) -> int:
        """A claim costs as much for one message as for a hundred: too small a room waits until there is more."""
        return room if room >= self.in_hand_per_channel // 4 else 0


class Dispatcher:
    """One run's pipeline. `clock` gives the database's moment; `chance` the jitter, seeded in tests.

    Every step can be taken again after a database error: nothing in hand is forgotten, nothing written counts twice.
    """

    def __init__(
        self,
        run: Run,
        doors: Doors,
        clock: Callable[[], datetime],
        limits: Limits | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.run, self.doors, self.clock = run, doors, clock
        self.limits, self.chance = limits or Limits(), chance
        self.ready = ReadyQueue()
        self.suspects = Suspects()
        self.finished: list[Finished] = []
        self.claims: list[Claimed] = []
        self.is_stopping = False
        self.typing_shown = 0
        # By the installation's guard (epoch.py): nothing more is claimed until a person says so.
        self.is_held = False

    @property
    def is_idle(self) -> bool:
        """Whether nothing is left to wait for; a sign that somebody is writing is not worth it."""
        on_their_way = self.doors.in_flight > self.typing_shown
        return not (self.ready or self.finished or self.claims or on_their_way)

    def turn(self, wait: float) -> bool:
        """One turn of the wheel; whether anything moved. Waits up to `wait` seconds for answers on their way."""
        now = self.clock()
        claimed = 0 if self.is_stopping or self.is_held else self._claim(now)
        left = self._give_back(now) if self.is_stopping else self._leave(now)
        heard = self._hear(GATHER_SECONDS if claimed or left else wait)
        return self._record() or bool(claimed or left or heard)

    def stop(self) -> None:
        """Claim nothing more and give back what has not left; what is on its way is waited for and recorded."""
        self.is_stopping = True
        self.give_back()

    def give_back(self) -> None:
        """What is in hand and has not left, claimed or decided, is for whoever claims it next."""
        now = self.clock()
        self._prepare(now)
        self._give_back(now)

    def _give_back(self, now: datetime) -> int:
        """What has not left, the rest of begun messages included, is for the next dispatcher."""
        waiting = self.ready.empty()
        if waiting:
            try:
                put_back_untouched(waiting, self.run, now=now)
            except DatabaseError:
                self.ready.push(waiting)
                raise
        return len(waiting)

    def _claim(self, now: datetime) -> int:
        room = self.limits.commit - len(self.ready)
        if room < self.limits.commit // 2 or (self.suspects.want_to_be_alone(now) and self.ready):
            return 0
        self.claims = self.claims or self.suspects.claim_one(self.run, now=now) or self._claim_wave(room, now)
        return self._prepare(now)

    def _claim_wave(self, room: int, now: datetime) -> list[Claimed]:
        most = self.limits.in_hand_per_channel
        rooms = {channel: self.limits.worth_claiming(most - count) for channel, count in self.ready.counts().items()}
        return claim_due(self.run, now=now, room=rooms, default_room=most, limit=room)

    def _prepare(self, now: datetime) -> int:
        claims, flights = self.claims, list[Flight]()
        if claims:
            flights = prepare(claims, self.run, now=now, berths=self._berths())
        self.claims = []
        leaving = [flight for flight in flights if flight.left_at is not None]
        self.ready.depart(leaving)
        self._let_go(leaving)
        self.ready.push(flight for flight in flights if flight.left_at is None)
        tell_lateness(leaving, now=now)
        _free_unused_probes(claims, flights, now)
        return len(claims)

    def _berths(self) -> Berths:
        """Where there is room on the wire, and nobody waits in front, what was decided leaves with that commit."""
        room = 0 if self.is_stopping else self._room()
        return self.ready.berths(room, per_channel=self.limits.in_flight_per_channel)

    def _room(self) -> int:
        return min(self.limits.wave, self.limits.in_flight - self.doors.in_flight)

    def _leave(self, now: datetime) -> int:
        """Mark the next wave as leaving, commit, and only then let go of it."""
        room = self._room()
        wave = self.ready.take(room, per_channel=self.limits.in_flight_per_channel, now=now)
        if not wave:
            return 0
        newcomers = {flight.delivery_id for flight in wave if flight.left_at is None}
        leaving = self._mark(wave, now)
        going = {flight.delivery_id for flight in leaving}
        self.ready.landed(flight for flight in wave if flight.delivery_id not in going)
        self._let_go(leaving)
        tell_lateness((flight for flight in leaving if flight.delivery_id in newcomers), now=now)
        return len(wave)

    def _let_go(self, leaving: Iterable[Flight]) -> None:
        for flight in leaving:
            self._start(flight)

    def _mark(self, wave: list[Flight], now: datetime) -> list[Flight]:
        try:
            return mark_leaving(wave, self.run, now=now)
        except DatabaseError:
            self.ready.landed(wave)
            self.ready.push(wave, first=True)
            raise

    def _start(self, flight: Flight) -> None:
        if not needs_the_wire(flight.part):
            self._show_typing(flight)
            self.finished.append((flight, Passed()))
            return
        try:
            message = flight.outgoing()
            call = flight.wire.backend.build(message, flight.recipient, flight.wire.account)
        except errors.ChannelError as error:
            self.finished.append((flight, error))
        except Exception:  # noqa: BLE001  # one message that cannot be built is its own trouble, nobody else's
            log.exception("a message could not be built", extra={"delivery": flight.delivery_id})
            self.finished.append((flight, errors.MessageRejected("the message could not be built")))
        else:
            REQUEST.near()
            self.doors.start((flight, message), call)
            REQUEST.behind()

    def _show_typing(self, flight: Flight) -> None:
        """While a sub-flow pauses the person sees that somebody writes. Nothing hangs on it: its answer is not read."""
        if call := typing_call(flight):
            self.doors.start(TYPING, call)
            self.typing_shown += 1

    def _hear(self, wait: float) -> int:
        ANSWERS.near()
        answers = self._poll(0.0 if self.finished else wait)
        if answers:
            answers += self._gather()
            ANSWERS.behind()
        self.finished += [(flight, read(flight, message, answer)) for (flight, message), answer in answers]
        return len(answers)

    def _gather(self) -> list[Heard]:
        """What else is heard within a moment, so that a crowd of answers is recorded as one batch."""
        answers = list[Heard]()
        until = monotonic() + GATHER_SECONDS
        while self.doors.in_flight and (left := until - monotonic()) > 0:
            answers += self._poll(left)
        return answers

    def _poll(self, wait: float) -> list[Heard]:
        heard = self.doors.poll(wait)
        answers = cast(list[Heard], [one for one in heard if one[0] is not TYPING])
        self.typing_shown -= len(heard) - len(answers)
        return answers

    def _record(self) -> bool:
        if not self.finished:
            return False
        finished = self.finished
        going_on = self._write_down(finished)
        self.finished = []
        self.ready.landed(flight for flight, _ in finished)
        self.ready.push(going_on, first=True)
        return True

    def _write_down(self, finished: list[Finished], *, ids_repeat: bool = False) -> list[Flight]:
        """Record a batch; what the database refuses is found one by one, and only that one is unknown."""
        try:
            return record(finished, self.run, now=self.clock(), chance=self.chance, ids_repeat=ids_repeat)
        except OperationalError:
            raise
        except DatabaseError as error:
            if isinstance(error, IntegrityError) and not ids_repeat:
                return self._write_down(finished, ids_repeat=True)
            log.exception("an answer could not be stored")
        if len(finished) > 1:
            return [flight for one in finished for flight in self._write_down([one], ids_repeat=ids_repeat)]
        unknown = errors.OutcomeUnknown("its answer could not be stored")
        return record([(finished[0][0], unknown)], self.run, now=self.clock(), chance=self.chance)


def _free_unused_probes(claims: Iterable[Claimed], flights: Iterable[Flight], now: datetime) -> None:
    used = {flight.wire.channel_id for flight in flights}
    for claim in claims:
        if claim.is_probe and claim.channel_id not in used:
            free_probe(claim.channel_id, now=now)


def read(flight: Flight, message: Outgoing, answer: DoorResult) -> Result:
    """The backend's reading of an answer; an error is a value from here on."""
    try:
        return flight.wire.backend.read(answer, message)
    except errors.ChannelError as error:
        return error
    except Exception:  # noqa: BLE001  # an answer nobody foresaw is in doubt, and the only one that is
        log.exception("an answer could not be read", extra={"delivery": flight.delivery_id})
        return errors.OutcomeUnknown("its answer could not be read")
