"""What a run cost: CPU seconds of a worker process and of every PostgreSQL process, the clock, the memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass

import psutil
from django.db import connection

from benchmarks.stopwatch import Work

COLLECTED_WITHIN = 2.0


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


def cost_of(module: str, *arguments: str, messages: int, python: str = sys.executable) -> Cost:
    """Run a worker module in a process of its own and count what it and the database spend."""
    postmaster = postmaster_of()
    before = database_cpu(postmaster)
    command = [python, "-m", module, *arguments]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=600).stdout
    # A backend that has just ended is in neither sum until the server has collected it.
    time.sleep(COLLECTED_WITHIN)
    return Cost(messages, Work(**json.loads(output.splitlines()[-1])), database_cpu(postmaster) - before)


def postmaster_of() -> psutil.Process:
    """The parent of the process that serves us: the server runs on this machine."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    parent = psutil.Process(pid).parent()
    if parent is None or parent.pid == os.getpid():
        raise RuntimeError("the benchmark needs its PostgreSQL on the same machine")
    return parent


def database_cpu(postmaster: psutil.Process) -> float:
    """Everything that the server has spent: itself, the processes that ended, those that live."""
    own = postmaster.cpu_times()
    spent = own.user + own.system + own.children_user + own.children_system
    for child in postmaster.children(recursive=True):
        times = child.cpu_times()
        spent += times.user + times.system
    return float(spent)
