"""What a run cost: CPU seconds of a worker process and of every PostgreSQL process, the clock, the memory."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
from django.db import connection

COLLECTED_WITHIN = 2.0


@dataclass(frozen=True, slots=True)
class Work:
    """What a worker process says of itself, from its first claim to its last commit: seconds and bytes."""

    cpu: float
    wall: float
    peak_memory: int


@dataclass(frozen=True, slots=True)
class Cost:
    """One run over `messages` messages."""

    messages: int
    work: Work
    database_cpu: float

    @property
    def worker_per_1000(self) -> float:
        return self.work.cpu * 1000 / self.messages

    @property
    def database_per_1000(self) -> float:
        return self.database_cpu * 1000 / self.messages

    @property
    def per_1000(self) -> float:
        return self.worker_per_1000 + self.database_per_1000


class Stopwatch:
    """Runs inside the worker: the start of Python and its imports is not part of the figure."""

    def __init__(self) -> None:
        self._cpu, self._wall = _own_cpu(), time.monotonic()

    def report(self) -> None:
        """Tell the benchmark, by one line on stdout."""
        work = Work(_own_cpu() - self._cpu, time.monotonic() - self._wall, _peak_memory())
        print(json.dumps(asdict(work)))


def cost_of(module: str, *arguments: str, messages: int) -> Cost:
    """Run a worker module in a process of its own and count what it and the database spend."""
    postmaster = _postmaster()
    before = _database_cpu(postmaster)
    command = [sys.executable, "-m", module, *arguments]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=600).stdout
    # A backend that has just ended is in neither sum until the server has collected it.
    time.sleep(COLLECTED_WITHIN)
    return Cost(messages, Work(**json.loads(output.splitlines()[-1])), _database_cpu(postmaster) - before)


def _own_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _peak_memory() -> int:
    """Bytes. On Linux from the kernel's own note: getrusage would count the parent that we were forked from."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _postmaster() -> psutil.Process:
    """The parent of the process that serves us: the server runs on this machine."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    parent = psutil.Process(pid).parent()
    if parent is None or parent.pid == os.getpid():
        raise RuntimeError("the benchmark needs its PostgreSQL on the same machine")
    return parent


def _database_cpu(postmaster: psutil.Process) -> float:
    """Everything that the server has spent: itself, the processes that ended, those that live."""
    own = postmaster.cpu_times()
    spent = own.user + own.system + own.children_user + own.children_system
    for child in postmaster.children(recursive=True):
        times = child.cpu_times()
        spent += times.user + times.system
    return float(spent)
