"""What django-q2 runs. The names never change: they are stored as text in queues and schedules."""

from __future__ import annotations

import logging
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from types import FrameType

from django.conf import settings
from django.db import DatabaseError, OperationalError
from django.utils import timezone
from django_q.tasks import async_task
from redis.exceptions import RedisError

from channels.notices import tell_owners as tell_owners_of_channels
from sequences.actions.carry_on_bulk_job import carry_on_bulk_job
from sequences.actions.carry_out_trial import carry_out_trial
from sequences.actions.retention import Ages, forget_what_is_old
from sequences.actions.runs import give_up_slot, start_run
from sequences.endpoint_teller import tell_until_quiet
from sequences.models import Run
from sequences.processes import place
from sequences.webhook_notices import tell_owners_of_endpoints
from sequences.worker import Slot, collect_seldom, database_clock, open_doors, work

log = logging.getLogger(__name__)

DISPATCH = "sequences.tasks.dispatch"
FORGET = "sequences.tasks.forget"
SEND_TRIAL = "sequences.tasks.send_trial"
TELL_OWNERS = "sequences.tasks.tell_owners"
TELL_ENDPOINTS = "sequences.tasks.tell_endpoints"
CARRY_ON_BULK = "sequences.tasks.carry_on_bulk"
TREE = "SEQUENCER_TREE"
SLOT = timedelta(seconds=float(os.environ.get("SEQUENCER_SLOT_SECONDS") or 300))
# A request for a dispatcher is handed on so often before it is dropped: by then the tree has asked again, or is gone.
HANDED_ON_AT_MOST = 20
# Seconds of each minute for dropping what is old: a dispatcher's successor may wait for the process that does it.
FORGETS_FOR = 2.0
# Seconds for which a bulk job has a worker for itself; then whatever else waits in the queue comes first.
BULK_SLOT = 10.0
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


def enqueue_tell_endpoints() -> None:
    async_task(TELL_ENDPOINTS, q_options={"save": False})


def enqueue_trial(trial_id: int) -> None:
    """Have a test sent soon. Should the queue be away, housekeeping says that no worker took it up."""
    try:
        async_task(SEND_TRIAL, trial_id, q_options={"save": False})
    except (DatabaseError, RedisError):
        log.exception("a test could not be asked for", extra={"trial": trial_id})


def enqueue_bulk_job(job_id: int) -> None:
    """Have a bulk job carried on. Should the queue be away, or the task be lost, a watchdog asks again."""
    try:
        async_task(CARRY_ON_BULK, job_id, q_options={"save": False})
    except (DatabaseError, RedisError):
        log.exception("a bulk job could not be asked for", extra={"job": job_id})


def carry_on_bulk(job_id: int) -> str:
    """Carry a bulk job on for a while, then stand in the queue again behind the others."""
    collect_seldom()
    ends_at = time.monotonic() + BULK_SLOT
    while time.monotonic() < ends_at:
        if not _next_batch(job_id):
            return "nothing more"
    enqueue_bulk_job(job_id)
    return "to be continued"


def _next_batch(job_id: int) -> bool:
    """Whoever makes a batch fall is found by taking its people one by one: the others are served."""
    try:
        return carry_on_bulk_job(job_id, now=database_clock())
    except OperationalError:
        raise
    except Exception:
        log.exception("a batch of a bulk job fell; its people one by one", extra={"job": job_id})
        return carry_on_bulk_job(job_id, now=database_clock(), one_by_one=True)


def send_trial(trial_id: int) -> bool:
    """Carry out a test that waits; asked twice, it is sent once."""
    doors = open_doors(timeout=TRIAL_TIMEOUT)
    try:
        return carry_out_trial(trial_id, doors, database_clock)
    finally:
        doors.close()


def tell_owners() -> int:
    """Write to the owners of channels that paused themselves, and of disabled webhook endpoints; how many of both."""
    now = timezone.now()
    return tell_owners_of_channels(now=now) + tell_owners_of_endpoints(now=now)


def tell_endpoints() -> str:
    """Tell webhook endpoints what happened, until nothing is due; nothing if somebody is at it."""
    return tell_until_quiet(database_clock)


def forget() -> str:
    """Drop some of what is older than it is kept; how much of what."""
    ages = Ages(history=settings.KEEP_HISTORY, events=settings.KEEP_EVENTS, audit=settings.KEEP_AUDIT)
    dropped = forget_what_is_old(ages, now=database_clock(), seconds=FORGETS_FOR)
    if dropped:
        log.info("old rows were dropped", extra={"dropped": dict(dropped)})
    return ", ".join(f"{count} {name}" for name, count in dropped.items()) or "nothing"


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
