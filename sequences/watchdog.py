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
from sequences.actions.runs import declare_dead
from sequences.models import Run
from sequences.processes import is_running
from sequences.tasks import DISPATCH, TREE, enqueue_dispatch, enqueue_tell_owners
from sequences.worker import database_clock

log = logging.getLogger(__name__)

LOOKS_EVERY = 0.5
ASKS_EVERY = 2.0
TELLS_EVERY = 10.0
SILENT_AFTER = 10.0
STARTS_WITHIN = 20.0
FINISHES_WITHIN = 27.0


class Watchdog:
    """One per worker command. The cluster is a process group of its own, so that it can be ended as a whole."""

    def __init__(self) -> None:
        self.tree = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self.cluster: subprocess.Popen[bytes] | None = None
        self.is_asked_to_stop = False
        self._asked_at = self._told_at = float("-inf")
        self._lives_since = float("-inf")

    def run(self) -> None:
        """Until SIGTERM or SIGINT: then what is on its way is finished first."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask_to_stop)
        self._patiently(make_safety_net)
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
        self.is_asked_to_stop = True

    def _start_cluster(self) -> None:
        command = [sys.executable, sys.argv[0], "worker", "--cluster"]
        environment = {**os.environ, TREE: self.tree}
        self.cluster = subprocess.Popen(command, env=environment, start_new_session=True)  # noqa: S603  # our own command
        self._lives_since = time.monotonic() + STARTS_WITHIN - SILENT_AFTER
        self._asked_at = float("-inf")

    def _look(self) -> None:
        """See that the tree has a living dispatcher; ask for one, and if none comes, begin again from scratch."""
        if self._has_dispatcher():
            self._lives_since = time.monotonic()
        elif time.monotonic() - self._lives_since > SILENT_AFTER:
            log.error("no dispatcher in spite of asking; starting the cluster again")
            self._end_cluster()
            self._start_cluster()
        elif time.monotonic() - self._asked_at > ASKS_EVERY:
            enqueue_dispatch()
            self._asked_at = time.monotonic()
        if time.monotonic() - self._told_at > TELLS_EVERY:
            self._told_at = time.monotonic()
            if channels_to_tell_of().exists():
                enqueue_tell_owners()

    def _has_dispatcher(self) -> bool:
        now = database_clock()
        mine = Run.objects.filter(tree=self.tree, ended_at=None)
        for run in mine:
            if not is_running(run.pid):
                declare_dead(run, now=now)
        for run in mine.dead(now):
            log.error("a dispatcher fell silent; ending it", extra={"pid": run.pid})
            declare_dead(run, now=now)
            _kill(run.pid)
        return mine.alive(now).filter(has_slot=True).exists()

    def _finish(self) -> None:
        """Let the dispatchers finish what is on its way, then end the cluster as a whole."""
        ends_at = time.monotonic() + FINISHES_WITHIN
        asked: set[int] = set()
        while time.monotonic() < ends_at and self._patiently(lambda: self._is_anything_on_its_way(asked)):
            time.sleep(0.1)
        self._end_cluster()

    def _is_anything_on_its_way(self, asked: set[int]) -> bool:
        running = [run for run in Run.objects.filter(tree=self.tree, ended_at=None) if is_running(run.pid)]
        for run in running:
            if run.pid not in asked:
                os.kill(run.pid, signal.SIGTERM)
                asked.add(run.pid)
        return bool(running)

    def _end_cluster(self) -> None:
        if self.cluster is not None:
            _kill(-self.cluster.pid)
            self.cluster.wait()
            self.cluster = None

    def _patiently(self, step: Callable[[], bool | None]) -> bool:
        """Take a step; while the database is away, the cluster is left as it is."""
        try:
            return bool(step())
        except (OperationalError, InterfaceError):
            log.exception("the database does not answer; trying again")
            connection.close()
            self._lives_since = time.monotonic()
            return True


def _kill(pid: int) -> None:
    """A process by its number, a group by its negative one."""
    try:
        if pid < 0:
            os.killpg(-pid, signal.SIGKILL)
        else:
            os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def make_safety_net() -> None:
    """The Schedule row that brings a dispatcher back each minute, should nobody else."""
    Schedule.objects.update_or_create(
        name="dispatch",
        defaults={
            "func": DISPATCH,
            "schedule_type": Schedule.MINUTES,
            "minutes": 1,
            "repeats": -1,
            "cluster": settings.Q_CLUSTER["name"],
        },
    )
