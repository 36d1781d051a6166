"""A real worker command beside the benchmark, as an operator starts it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.stopwatch import peak_memory_of
from sequences.models import Run

STARTS_WITHIN = 240.0
ENDS_WITHIN = 60.0


@contextmanager
def a_worker(log: Path) -> Iterator[int]:
    """`manage.py worker`, from its first heartbeat on: the dispatcher's process number."""
    with log.open("wb") as out:
        process = subprocess.Popen([sys.executable, "manage.py", "worker"], stdout=out, stderr=out)
        try:
            yield _dispatcher()
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(ENDS_WITHIN)


def _dispatcher() -> int:
    ends_at = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < ends_at:
        pid = Run.objects.filter(ended_at=None, has_slot=True).values_list("pid", flat=True).first()
        if pid is not None:
            return int(pid)
        time.sleep(0.1)
    raise SystemExit("no dispatcher came")


def peak_memory() -> int:
    """Bytes: the most that any dispatcher still there had in memory."""
    return max(
        (peak_memory_of(pid) for pid in Run.objects.filter(ended_at=None).values_list("pid", flat=True)), default=0
    )
