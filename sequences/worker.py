"""What a worker process does while it holds the dispatcher's slot: turns the wheel, shows its heartbeat, clears up."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from channels.sandbox import show_messages
from channels.transports import Doors, HttpDoor, LocalDoor
from channels.transports.addresses import AddressRules
from sequences.actions.dispatch import Dispatcher, Limits
from sequences.actions.housekeeping import keep_house
from sequences.actions.rescue import rescue
from sequences.actions.runs import RunLost, beat, end_run
from sequences.models import Run
from sequences.models.run import HEARTBEAT_EVERY
from sequences.sql import dialect

log = logging.getLogger(__name__)

IDLE_WAIT = 0.2
DATABASE_WAIT = 0.5
DRAIN_AT_MOST = timedelta(seconds=75)


@dataclass(slots=True)
class Slot:
    """How long a dispatcher works before it hands over; `is_over` may be set from outside to stop it early."""

    length: timedelta
    is_over: bool = False


def database_clock() -> datetime:
    moment: datetime = dialect().database_now()
    return moment


def open_doors() -> Doors:
    rules = AddressRules(is_open=settings.ALLOW_PRIVATE_ADDRESSES, networks=tuple(settings.PRIVATE_NETWORKS))
    http = HttpDoor(allow=rules, max_in_flight=Limits().in_flight)
    return Doors(http=http, local=LocalDoor(lambda batch: show_messages(batch, now=database_clock())))


def work(run: Run, doors: Doors, slot: Slot, *, hand_over: Callable[[], None]) -> None:
    """Dispatch until the slot is over, then hand over and finish what is on its way.

    A run that was declared dead meanwhile stops at once: its rows belong to the rescuer.
    """
    dispatcher = Dispatcher(run, doors, database_clock)
    because = "handed_over"
    try:
        _turn_until_over(dispatcher, slot)
        _patiently(dispatcher.stop)
        _patiently(hand_over)
        _drain(dispatcher)
    except RunLost:
        because = "lost"
        log.warning("this run was declared dead; it touches nothing more", extra={"run": run.pk})
    except BaseException:
        because = "failed"
        raise
    finally:
        doors.close()
        _end(run, because)


def _turn_until_over(dispatcher: Dispatcher, slot: Slot) -> None:
    ends_at = time.monotonic() + slot.length.total_seconds()
    pace = _Pace()
    while not slot.is_over and time.monotonic() < ends_at:
        moved = _patiently(partial(pace.turn, dispatcher, wait=0.05))
        if not moved and dispatcher.is_idle and not slot.is_over:
            time.sleep(IDLE_WAIT)


def _drain(dispatcher: Dispatcher) -> None:
    ends_at = time.monotonic() + DRAIN_AT_MOST.total_seconds()
    pace = _Pace()
    while not dispatcher.is_idle and time.monotonic() < ends_at:
        _patiently(partial(pace.turn, dispatcher, wait=0.2, keeps_house=False))


def _patiently(step: Callable[[], bool | None]) -> bool:
    """Take a step; a database that is away is waited for, with everything still in hand."""
    try:
        return bool(step())
    except (OperationalError, InterfaceError):
        log.exception("the database does not answer; trying again")
        connection.close()
        time.sleep(DATABASE_WAIT)
        return True


class _Pace:
    """The heartbeat and the housekeeping, every few seconds of the machine's steady clock."""

    def __init__(self) -> None:
        self._last = float("-inf")

    def turn(self, dispatcher: Dispatcher, *, wait: float, keeps_house: bool = True) -> bool:
        """One turn of the wheel, with a heartbeat before it when one is due; whether anything moved."""
        if time.monotonic() - self._last >= HEARTBEAT_EVERY.total_seconds():
            now = database_clock()
            beat(dispatcher.run, now=now)
            self._last = time.monotonic()
            if keeps_house:
                keep_house(now=now)
        return dispatcher.turn(wait)


def _end(run: Run, because: str) -> None:
    """End the run and clear up at once what it could not finish; a database that is away leaves it to the others."""
    try:
        now = database_clock()
        end_run(run, because=because, now=now)
        rescue(run, now=now)
    except (OperationalError, InterfaceError):
        log.exception("the run could not be ended; another worker will clear up", extra={"run": run.pk})
        connection.close()
