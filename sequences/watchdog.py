"""Keeps one worker tree at work: a django-q2 cluster with a dispatcher in it, started again when it falls silent."""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django_q.models import Schedule

from channels.notices import channels_to_tell_of
from sequences.actions.bulk_jobs import take_up_forgotten_jobs
from sequences.actions.canary import start_canary
from sequences.actions.runs import Sight, declare_dead, end_run, start_run
from sequences.actions.webhook_tries import are_due
from sequences.models import Run
from sequences.processes import ask_to_stop, is_running, kill, kill_group, place, start_group
from sequences.tasks import (
    DISPATCH,
    FORGET,
    TREE,
    enqueue_bulk_job,
    enqueue_dispatch,
    enqueue_tell_endpoints,
    enqueue_tell_owners,
)
from sequences.webhook_notices import endpoints_to_tell_of
from sequences.worker import database_clock

log = logging.getLogger(__name__)

# Off in tests that count every message.
CANARY_SINGS = os.environ.get("SEQUENCER_CANARY") != "0"
STOPS = (signal.SIGTERM, signal.SIGINT)
LOOKS_EVERY = 0.5
ASKS_EVERY = 1.0
TELLS_EVERY = 10.0
STARTS_WITHIN = 20.0
FINISHES_WITHIN = 27.0
# Without a dispatcher for so long, in spite of asking, the cluster begins anew; while requests are on their way it
# gets a little longer, for ending it leaves them in doubt.
SILENT_AFTER, SILENT_AND_DRAINING_AFTER = 6.0, 18.0


class Watchdog:
    """One per worker command. The cluster is a process group of its own, so that it can be ended as a whole."""

    def __init__(self) -> None:
        self.place = place()
        self.tree = f"{socket.gethostname()[:40]}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self.cluster: subprocess.Popen[bytes] | None = None
        self.is_asked_to_stop = False
        self._sight = Sight()
        self._asked_at = self._told_at = self._endpoints_at = float("-inf")
        self._lives_since = float("-inf")

    def run(self) -> None:
        """Until SIGTERM or SIGINT: then what is on its way is finished first."""
        for number in STOPS:
            signal.signal(number, self._ask_to_stop)
        self._patiently(make_schedules)
        self._start_cluster()
        while not self.is_asked_to_stop:
            if self.cluster is None or self.cluster.poll() is not None:
                log.error("the cluster ended; starting it again")
                self._end_cluster()
                self._start_cluster()
            self._patiently(self._look)
            time.sleep(LOOKS_EVERY)
        self._finish()

    def _ask_to_stop(self, number: int, frame: object) -> None:
        # Whoever asks twice must not end us half-way, nor while Python is ending: it gives its handlers back then.
        for again in STOPS:
            signal.signal(again, signal.SIG_IGN)
        self.is_asked_to_stop = True

    def _start_cluster(self) -> None:
        command = [sys.executable, sys.argv[0], "worker", "--cluster-of", str(os.getpid())]
        self.cluster = start_group(command, {**os.environ, TREE: self.tree})
        self._lives_since = time.monotonic() + STARTS_WITHIN - SILENT_AFTER
        self._asked_at = float("-inf")

    def _look(self) -> None:
        """See that the tree has a living dispatcher; ask for one, and if none comes, begin again from scratch."""
        runs = self._living_runs()
        silent_for = time.monotonic() - self._lives_since
        if any(run.has_slot for run in runs):
            self._lives_since = time.monotonic()
        elif silent_for > (SILENT_AND_DRAINING_AFTER if runs else SILENT_AFTER):
            log.error("no dispatcher in spite of asking; starting the cluster again")
            self._end_cluster()
            self._start_cluster()
        elif time.monotonic() - self._asked_at > ASKS_EVERY:
            enqueue_dispatch(self.tree)
            self._asked_at = time.monotonic()
        # One that falters may hold SQLite's only lock: whoever writes now waits with it, and nobody is left to end it.
        if not any(run.falters(database_clock()) for run in runs):
            self._do_chores()

    def _do_chores(self) -> None:
        if time.monotonic() - self._told_at > TELLS_EVERY:
            self._told_at = time.monotonic()
            if channels_to_tell_of().exists() or endpoints_to_tell_of().exists():
                enqueue_tell_owners()
            for job in take_up_forgotten_jobs(now=database_clock()):
                enqueue_bulk_job(job)
            if CANARY_SINGS:
                start_canary(now=database_clock())
        if time.monotonic() - self._endpoints_at > ASKS_EVERY and are_due(now=database_clock()):
            self._endpoints_at = time.monotonic()
            enqueue_tell_endpoints()

    def _living_runs(self) -> list[Run]:
        """This tree's living runs; hanging ones are ended, and whichever died on this machine are declared dead."""
        now = database_clock()
        may_judge = self._sight.look(now)
        here = Run.objects.filter(host=self.place, ended_at=None).exclude(pid=os.getpid())
        gone = [run for run in here if not is_running(run.pid)]
        mine = [run for run in here if run.tree == self.tree and run not in gone]
        hanging = [run for run in mine if may_judge and run.is_silent(now)]
        living = [run for run in mine if run not in hanging]
        # Ended before it is written down: it may hold a lock that whoever writes waits for. A process may have gone on
        # to another run after one that could not be ended.
        for pid in {run.pid for run in hanging} - {run.pid for run in living}:
            kill(pid)
        for run in [*gone, *hanging]:
            log.error("a dispatcher died or fell silent", extra={"pid": run.pid})
            declare_dead(run, now=now)
        return living

    def _finish(self) -> None:
        """Let the dispatchers finish what is on its way, then end the cluster as a whole."""
        ends_at = time.monotonic() + FINISHES_WITHIN
        asked: set[int] = set()
        barrier: list[Run] = []
        while time.monotonic() < ends_at and self._patiently(lambda: self._is_anything_on_its_way(asked, barrier)):
            time.sleep(0.1)
        self._end_cluster()
        for run in barrier:
            self._patiently(lambda run=run: end_run(run, because="left", now=database_clock()))  # type: ignore[misc]

    def _is_anything_on_its_way(self, asked: set[int], barrier: list[Run]) -> bool:
        """Ask each dispatcher once to stop. As soon as the slot is free it is ours, so that no new one begins."""
        running = self._living_runs()
        for run in running:
            if run.pk not in asked:
                ask_to_stop(run.pid)
                asked.add(run.pk)
        if not barrier and (mine := self._take_slot()):
            barrier.append(mine)
        return bool(running) or not barrier

    def _take_slot(self) -> Run | None:
        return start_run(tree=self.tree, host=self.place, pid=os.getpid(), now=database_clock())

    def _end_cluster(self) -> None:
        if self.cluster is not None:
            kill_group(self.cluster.pid)
            self.cluster.wait()
            self.cluster = None

    def _patiently(self, step: Callable[[], object]) -> bool:
        """Take a step; while the database is away, the cluster is left as it is."""
        try:
            return bool(step())
        except (OperationalError, InterfaceError):
            log.exception("the database does not answer; trying again")
            connection.close()
            self._lives_since = time.monotonic()
            return True


def make_schedules() -> None:
    """What happens each minute: a dispatcher is brought back, should nobody else; and what is old is dropped."""
    each_minute = {"schedule_type": Schedule.MINUTES, "minutes": 1, "repeats": -1}
    for name, task in (("dispatch", DISPATCH), ("forget", FORGET)):
        defaults = {**each_minute, "func": task, "cluster": settings.Q_CLUSTER["name"]}
        Schedule.objects.update_or_create(name=name, defaults=defaults)
