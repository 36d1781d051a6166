"""A worker of its own, as an operator starts it, and a hand on each of its processes."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from sequences.models import Run
from tests.journeys.sizes import IS_FULL

ROOT = Path(__file__).resolve().parents[2]
# What django-q2 writes down when a process of its cluster begins.
ROLES = {"worker": r"ready for work at (\d+)", "monitor": r"monitoring at (\d+)", "pusher": r"pushing tasks at (\d+)"}


def patience(seconds: float) -> float:
    """How long a test waits for what a machine of its own does in so many seconds: others may use this one too."""
    return seconds if IS_FULL else seconds * 4


def wait_until(is_so: Callable[[], object], within: float, what: str, *, every: float = 0.05) -> float:
    """The seconds until `is_so`; fails when it takes longer than `within`, in all patience."""
    started = time.monotonic()
    while not is_so():
        if time.monotonic() - started > patience(within):
            raise AssertionError(f"not within {patience(within):.0f} s: {what}")
        time.sleep(every)
    return time.monotonic() - started


class WorkerTree:
    """`manage.py worker` with all its children; what it writes goes to `log`."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self._log = log
        with log.open("ab") as out:
            self.main = subprocess.Popen(
                [sys.executable, "manage.py", "worker"],
                cwd=ROOT,
                env=environment,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        self._seen: dict[int, psutil.Process] = {}

    def said(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def processes(self) -> dict[int, psutil.Process]:
        """All that lives of it below the main process; everything ever seen is remembered."""
        try:
            below = {process.pid: process for process in psutil.Process(self.main.pid).children(recursive=True)}
        except psutil.NoSuchProcess:
            below = {}
        self._seen.update(below)
        return below

    def survivors(self) -> list[psutil.Process]:
        """Of all processes ever seen below the main process, those that still live."""
        return [process for process in self._seen.values() if _lives(process)]

    def dispatcher(self) -> int | None:
        """The process that has the slot."""
        pids = Run.objects.filter(ended_at=None, has_slot=True).values_list("pid", flat=True)
        return next((pid for pid in pids if pid in self.processes()), None)

    def wait_for_dispatcher(self, within: float = 20.0) -> float:
        return wait_until(self.dispatcher, within, "a dispatcher at work")

    def pid_of(self, role: str) -> int:
        """`role`: main, cluster, sentinel, monitor, pusher, busy worker or idle worker."""
        return self.main.pid if role == "main" else min(self.pids_of(role))

    def pids_of(self, role: str) -> set[int]:
        """The same for all that have a role, but the main process."""
        (cluster,) = psutil.Process(self.main.pid).children()
        (sentinel,) = cluster.children()
        if role in ("cluster", "sentinel"):
            return {int({"cluster": cluster.pid, "sentinel": sentinel.pid}[role])}
        busy = self.dispatcher()
        kind = role.rpartition(" ")[2]
        pids = {int(pid) for pid in re.findall(ROLES[kind], self.said())} & {p.pid for p in sentinel.children()}
        if kind == "worker":
            pids = pids & {busy} if role == "busy worker" else pids - {busy}
        return pids

    def kill(self, role: str) -> None:
        """SIGKILL for one process, for all at once ("group"), or for all that wait for a task ("idle workers")."""
        self.processes()
        if role == "group":
            self.signal_all(signal.SIGKILL)
        elif role == "idle workers":
            for pid in self.pids_of("idle worker"):
                os.kill(pid, signal.SIGKILL)
        else:
            os.kill(self.pid_of(role), signal.SIGKILL)
        if role in ("main", "group"):
            self.main.wait(5)

    def signal_all(self, number: signal.Signals) -> None:
        for process in [psutil.Process(self.main.pid), *self.processes().values()]:
            process.send_signal(number)

    def end(self) -> None:
        """Take away whatever is left."""
        self.processes()
        if self.main.poll() is None:
            self.main.kill()
            self.main.wait()
        for process in self.survivors():
            process.kill()
        psutil.wait_procs(list(self._seen.values()), timeout=5)


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
