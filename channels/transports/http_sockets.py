"""The sockets that libcurl wants to hear about: epoll where the system has it, else poll."""

from __future__ import annotations

import contextlib
import select
from time import monotonic
from typing import Any

import pycurl

# The figures of poll and epoll are the same ones.
_EVENTS = {
    pycurl.POLL_IN: select.POLLIN,
    pycurl.POLL_OUT: select.POLLOUT,
    pycurl.POLL_INOUT: select.POLLIN | select.POLLOUT,
}
_HAS_EPOLL = hasattr(select, "epoll")
MOMENT = 0.002  # seconds


class Sockets:
    """Which sockets are ready, in libcurl's words. `selectors` does the same at several times the cost.

    libcurl forgets a connection between two requests and asks for it anew. The kernel is not told of that: to take a
    socket out and in again costs as much as to send a request. Its number alone does not say that it is the same one,
    for what libcurl closes is gone from epoll and may come back as another: so whoever looked says so first.
    """

    def __init__(self) -> None:
        self._poll: Any = select.epoll() if _HAS_EPOLL else select.poll()
        self._wanted: dict[int, int] = {}
        self._idle: dict[int, int] = {}  # what the kernel still tells us of, if they are open
        self._seen_open: int | None = None
        self._asked_at = 0.0

    def has_ended(self, descriptor: int) -> bool:
        """Whether the other side closed the idle connection of this descriptor, which libcurl is about to use.

        The kernel was asked within the last moment, which is less than any answer needs to get here.
        """
        if monotonic() - self._asked_at > MOMENT:
            self.ready(0)
        is_watched = self._idle.get(descriptor, 0) & select.POLLIN
        if not is_watched and _is_readable(descriptor):
            return True
        self._seen_open = descriptor
        return False

    def is_new(self, descriptor: int) -> None:
        """A socket was opened: whatever had its number before is gone."""
        self._idle.pop(descriptor, None)

    def watch(self, what: int, descriptor: int, multi: Any, data: Any) -> None:
        """libcurl's callback: from now on it wants to hear of this, or of nothing any more."""
        known = self._wanted.get(descriptor)
        if what == pycurl.POLL_REMOVE:
            if known is not None:
                self._idle[descriptor] = self._wanted.pop(descriptor)
            return
        events = _EVENTS[what]
        self._wanted[descriptor] = events
        if known is None:
            idle = self._idle.pop(descriptor, None)
            known = idle if descriptor == self._seen_open else None
        self._seen_open = None
        if known is None:
            self._register(descriptor, events)
        elif known != events:
            self._poll.modify(descriptor, events)

    def ready(self, wait: float) -> list[tuple[int, int]]:
        """Descriptors and what each is ready for (CSELECT_*); waits at most `wait` seconds, rounded up."""
        self._seen_open = None
        found = self._poll.poll(wait if _HAS_EPOLL else -(-wait * 1000 // 1))
        self._asked_at = monotonic()
        wanted = self._wanted
        return [
            (descriptor, _meaning(events))
            for descriptor, events in found
            if descriptor in wanted or self._drop(descriptor)
        ]

    def close(self) -> None:
        if _HAS_EPOLL:
            self._poll.close()

    def _register(self, descriptor: int, events: int) -> None:
        try:
            self._poll.register(descriptor, events)
        except FileExistsError:
            self._poll.modify(descriptor, events)

    def _drop(self, descriptor: int) -> bool:
        """Nobody waits for this one: it ended between two requests, which is found out before the next one."""
        self._idle.pop(descriptor, None)
        with contextlib.suppress(OSError):
            self._poll.unregister(descriptor)
        return False


def _is_readable(descriptor: int) -> bool:
    look = select.poll()
    look.register(descriptor, select.POLLIN)
    return bool(look.poll(0))


def _meaning(events: int) -> int:
    """An end or an error counts as both: libcurl finds it out by reading or writing."""
    may_read = pycurl.CSELECT_IN if events & ~select.POLLOUT else 0
    return may_read | (pycurl.CSELECT_OUT if events & ~select.POLLIN else 0)
