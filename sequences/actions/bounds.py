"""What the rendering of one message may take, in seconds and in memory: whoever asks for more fails alone."""

from __future__ import annotations

import resource
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

# A message that is still being rendered at the second tick is given up: after one to two of these. Far below the
# silence after which a dispatcher counts as dead.
TICK = 2.0
# Beyond what the process has when a wave begins. Where the kernel does not tell, memory has no bound but the machine's.
MEMORY = 512 * 1024 * 1024
STATM = Path("/proc/self/statm")


class RenderingTookTooLong(Exception):
    """One message has been rendered for longer than anybody waits."""


class Watch:
    """Knows which message is being rendered: one attribute is all that a message costs."""

    def __init__(self) -> None:
        self.rendering: int | None = None
        self._seen: int | None = None

    def tick(self, number: int, frame: FrameType | None) -> None:
        before, self._seen = self._seen, self.rendering
        if before is not None and before == self.rendering:
            self.rendering = None
            raise RenderingTookTooLong


@contextmanager
def bounded(watch: Watch) -> Iterator[None]:
    """Around the decisions of one wave. Time is watched in a process's main thread, where dispatchers live."""
    with _bounded_memory():
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.signal(signal.SIGALRM, watch.tick)
        signal.setitimer(signal.ITIMER_REAL, TICK, TICK)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)


@contextmanager
def _bounded_memory() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    if not STATM.exists():
        yield
        return
    wanted = int(STATM.read_text().split()[0]) * resource.getpagesize() + MEMORY
    allowed = [limit for limit in (soft, hard, wanted) if limit != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_AS, (min(allowed), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
