"""What django-q2 runs. The names never change: they are stored as text in queues and schedules."""

from __future__ import annotations

import logging
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from types import FrameType

from django.db import DatabaseError
from django.utils import timezone
from django_q.tasks import async_task
from redis.exceptions import RedisError

from channels.notices import tell_owners as tell_owners_of_channels
from sequences.actions.carry_out_trial import carry_out_trial
from sequences.actions.runs import give_up_slot, start_run
from sequences.models import Run
from sequences.processes import place
from sequences.worker import Slot, database_clock, open_doors, work

log = logging.getLogger(__name__)

DISPATCH = "sequences.tasks.dispatch"
SEND_TRIAL = "sequences.tasks.send_trial"
TELL_OWNERS = "sequences.tasks.tell_owners"
TREE = "SEQUENCER_TREE"
SLOT = timedelta(seconds=float(os.environ.get("SEQUENCER_SLOT_SECONDS") or 300))
# A request for a dispatcher is handed on so often before it is dropped: by then the tree has asked again, or is gone.
HANDED_ON_AT_MOST = 20
# Seconds for one message of a test: somebody waits for it.
TRIAL_TIMEOUT = 20.0


def tree_name() -> str:
    """The worker command this process runs under; a bare cluster is a tree of its own."""
    return os.environ.get(TREE) or f"{socket.gethostname()}-{os.getppid()}"


def enqueue_dispatch(tree: str, handed_on: int = 0) -> None:
    """Ask for a dispatcher in this tree. All trees share one queue, so another one may find the request first."""
    async_task(DISPATCH, tree, handed_on, q_options={"save": False})


def enqueue_tell_owners() -> None:
    async_task(TELL_OWNERS, q_options={"save": False})


def enqueue_trial(trial_id: int) -> None:
    """Have a test sent soon. Should the queue be away, housekeeping says that no worker took it up."""
    try:
        async_task(SEND_TRIAL, trial_id, q_options={"save": False})
    except (DatabaseError, RedisError):
        log.exception("a test could not be asked for", extra={"trial": trial_id})


def send_trial(trial_id: int) -> bool:
    """Carry out a test that waits; asked twice, it is sent once."""
    doors = open_doors(timeout=TRIAL_TIMEOUT)
    try:
        return carry_out_trial(trial_id, doors, database_clock)
    finally:
        doors.close()


def tell_owners() -> int:
    """Write to the owners of channels that paused themselves; how many channels."""
    return tell_owners_of_channels(now=timezone.now())


def dispatch(tree: str = "", handed_on: int = 0) -> str:
    """Be the dispatcher of this worker tree for one slot, then hand over to the next; nothing if there is one.

    A request that is meant for another tree goes back into the queue; one without a name is for whoever finds it.
    """
    if tree not in ("", tree_name()):
        if handed_on < HANDED_ON_AT_MOST:
            enqueue_dispatch(tree, handed_on + 1)
        return "handed on"
    slot = Slot(SLOT)
    with stopped_by_signal(slot):
        run = start_run(tree=tree_name(), host=place(), pid=os.getpid(), now=database_clock())
        if run is None:
            return "there is a dispatcher"
        work(run, open_doors(), slot, hand_over=partial(_hand_over, run, slot))
    return "done"


def _hand_over(run: Run, slot: Slot) -> None:
    give_up_slot(run)
    if not slot.is_over:
        enqueue_dispatch(run.tree)


@contextmanager
def stopped_by_signal(slot: Slot) -> Iterator[None]:
    """SIGTERM ends the slot: what is on its way is finished, nothing more is claimed."""

    def stop(number: int, frame: FrameType | None) -> None:
        slot.is_over = True

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
