"""What a worker process says of itself. Imports nothing that is not Python's own: peers have other libraries."""

from __future__ import annotations

import json
import resource
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Work:
    """From the first claim to the last commit: seconds and bytes."""

    cpu: float
    wall: float
    peak_memory: int


class Stopwatch:
    """Runs inside the worker: the start of Python and its imports is not part of the figure.

    `with_children`: also what processes spent that were started since and have ended.
    """

    def __init__(self, *, with_children: bool = False) -> None:
        self._who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN) if with_children else (resource.RUSAGE_SELF,)
        self._cpu, self._wall = self._spent(), time.monotonic()

    def report(self) -> None:
        """Tell the benchmark, by one line on stdout."""
        work = Work(self._spent() - self._cpu, time.monotonic() - self._wall, peak_memory())
        print(json.dumps(asdict(work)))

    def _spent(self) -> float:
        return sum(own_cpu(who) for who in self._who)


def own_cpu(who: int = resource.RUSAGE_SELF) -> float:
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


def peak_memory() -> int:
    """Bytes. On Linux from the kernel's own note: getrusage would count the parent that we were forked from."""
    if noted := peak_memory_of("self"):
        return noted
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def peak_memory_of(process: int | str) -> int:
    """Bytes, by the kernel's own note; 0 of a process that is gone, and where the kernel keeps none."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), 0)
