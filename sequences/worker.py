"""What a worker process does while it holds the dispatcher's slot: turns the wheel, shows its heartbeat, clears up."""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db import InterfaceError, OperationalError, connection

from channels.letters import write_out
from channels.reach import address_rules
from channels.sandbox import show_messages
from channels.transports import Doors, HttpDoor, LocalDoor, MailDoor
from sequences.actions.counters import store_counters
from sequences.actions.dispatch import Dispatcher, Limits
from sequences.actions.epoch import hold_after_restore
from sequences.actions.housekeeping import keep_house
from sequences.actions.rescue import give_back_forgotten, rescue
from sequences.actions.runs import RunLost, Sight, beat, end_run
from sequences.models import Run
from sequences.models.run import HEARTBEAT_EVERY
from sequences.sql import dialect

log = logging.getLogger(__name__)

IDLE_WAIT = 0.2
PACE_WAIT = 0.05
DATABASE_WAIT = 0.5
STUMBLE_WAIT = 1.0
# PostgreSQL's codes for a deadlock, a serialization failure and a lock that was not to be had in time.
IN_EACH_OTHERS_WAY = ("40P01", "40001", "55P03")
DATABASE_WAITS = 120
DRAIN_AT_MOST = timedelta(seconds=75)


@dataclass(slots=True)
class Slot:
    """How long a dispatcher works before it hands over; `is_over` may be set from outside to stop it early."""

    length: timedelta
    is_over: bool = False


def database_clock() -> datetime:
    moment: datetime = dialect().database_now()
    return moment


def open_doors(*, timeout: float = 60.0) -> Doors:
    http = HttpDoor(allow=address_rules(), max_in_flight=Limits().in_flight, timeout=timeout)
    local = LocalDoor(lambda batch: show_messages(batch, now=database_clock()))
    return Doors(http=http, local=local, mail=MailDoor(allow=address_rules(), compose=write_out, timeout=timeout))


def work(run: Run, doors: Doors, slot: Slot, *, hand_over: Callable[[], None]) -> None:
    """Dispatch until the slot is over, then hand over and finish what is on its way.

    A run that was declared dead meanwhile stops at once: its rows belong to the rescuer.
    """
    collect_seldom()
    dispatcher = Dispatcher(run, doors, database_clock)
    because = "handed_over"
    try:
        _turn_without_falling(dispatcher, slot)
        _very_patiently(dispatcher.stop)
        _very_patiently(partial(_lay_down, dispatcher))
        _very_patiently(hand_over)
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


def _turn_without_falling(dispatcher: Dispatcher, slot: Slot) -> None:
    """A mistake of ours ends the slot, and no more than that: what is on its way is still heard and recorded."""
    try:
        _turn_until_over(dispatcher, slot)
    except RunLost:
        raise
    except Exception:
        log.exception("the dispatcher stumbled; it finishes what is on its way")
        time.sleep(STUMBLE_WAIT)


def collect_seldom() -> None:
    """A wave makes many values and hardly a cycle: looking for cycles at every few hundred of them is wasted CPU."""
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)


def _turn_until_over(dispatcher: Dispatcher, slot: Slot) -> None:
    """After a failure of the database, rows may be ours unbeknownst to us: we lay down what we can and begin anew."""
    ends_at = time.monotonic() + slot.length.total_seconds()
    pace = _Pace()
    moved: bool | None = False
    while not slot.is_over and time.monotonic() < ends_at:
        if moved is None:
            moved = _patiently(partial(_lay_down, dispatcher))
            pace.look_again()
            continue
        moved = _patiently(partial(pace.turn, dispatcher, wait=0.05))
        if moved is False and not slot.is_over:
            _rest(dispatcher)


def _rest(dispatcher: Dispatcher) -> None:
    """Nothing moved. Where no answer is waited for either, what is in hand waits for its pace, and we wait with it."""
    if dispatcher.is_idle:
        time.sleep(IDLE_WAIT)
    elif not dispatcher.doors.in_flight:
        time.sleep(PACE_WAIT)


def _lay_down(dispatcher: Dispatcher) -> None:
    dispatcher.give_back()
    give_back_forgotten(dispatcher.run, now=database_clock())


def _drain(dispatcher: Dispatcher) -> None:
    ends_at = time.monotonic() + DRAIN_AT_MOST.total_seconds()
    pace = _Pace()
    while not dispatcher.is_idle and time.monotonic() < ends_at:
        if _patiently(partial(pace.turn, dispatcher, wait=0.2, keeps_house=False)) is False:
            _rest(dispatcher)


def _patiently(step: Callable[[], object]) -> bool | None:
    """Take a step and say whether anything moved; None, after a moment's wait, when the database is away."""
    try:
        return bool(step())
    except (OperationalError, InterfaceError) as error:
        if getattr(error.__cause__, "sqlstate", None) in IN_EACH_OTHERS_WAY:
            log.warning("somebody was in the way; taking the step again: %s", error)
            return True
        log.exception("the database does not answer; trying again")
        connection.close()
        time.sleep(DATABASE_WAIT)
        return None


def _very_patiently(step: Callable[[], object]) -> None:
    """Take a step that must not be left out, again until the database answers: for a minute at most."""
    for _ in range(DATABASE_WAITS):
        if _patiently(step) is not None:
            return


class _Pace:
    """The heartbeat and the housekeeping, every few seconds of the machine's steady clock."""

    def __init__(self) -> None:
        self._last = float("-inf")
        self._sight = Sight()

    def look_again(self) -> None:
        """The database was away: it may be another one now."""
        self._last = float("-inf")

    def turn(self, dispatcher: Dispatcher, *, wait: float, keeps_house: bool = True) -> bool:
        """One turn of the wheel, with a heartbeat before it when one is due; whether anything moved."""
        if time.monotonic() - self._last >= HEARTBEAT_EVERY.total_seconds():
            now = database_clock()
            beat(dispatcher.run, now=now)
            self._last = time.monotonic()
            dispatcher.is_held = hold_after_restore(now=now)
            store_counters(dispatcher.run.pk)
            may_judge = self._sight.look(now)
            if keeps_house:
                keep_house(now=now, may_judge=may_judge)
        return dispatcher.turn(wait)


def _end(run: Run, because: str) -> None:
    """End the run and clear up at once what it could not finish; if the database stays away that is for the others."""

    def end() -> None:
        now = database_clock()
        end_run(run, because=because, now=now)
        rescue(run, now=now)
        store_counters(run.pk)

    _very_patiently(end)
