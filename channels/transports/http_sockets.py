"""The sockets that libcurl wants to hear about: epoll where the system has it, else poll."""

from __future__ import annotations

import select
from typing import Any

import pycurl

# The figures of poll and epoll are the same ones.
_EVENTS = {
    pycurl.POLL_IN: select.POLLIN,
    pycurl.POLL_OUT: select.POLLOUT,
    pycurl.POLL_INOUT: select.POLLIN | select.POLLOUT,
}
_HAS_EPOLL = hasattr(select, "epoll")


class Sockets:
    """Which sockets are ready, in libcurl's words. `selectors` does the same at several times the cost."""

    def __init__(self) -> None:
        self._poll: Any = select.epoll() if _HAS_EPOLL else select.poll()
        self._events: dict[int, int] = {}

    def watch(self, what: int, descriptor: int, multi: Any, data: Any) -> None:
        """libcurl's callback: from now on it wants to hear of this, or of nothing any more."""
        if what == pycurl.POLL_REMOVE:
            if self._events.pop(descriptor, None) is not None:
                self._poll.unregister(descriptor)
            return
        events = _EVENTS[what]
        known = self._events.get(descriptor)
        if known is None:
            self._poll.register(descriptor, events)
        elif known != events:
            self._poll.modify(descriptor, events)
        self._events[descriptor] = events

    def ready(self, wait: float) -> list[tuple[int, int]]:
        """Descriptors and what each is ready for (CSELECT_*); waits at most `wait` seconds, rounded up."""
        found = self._poll.poll(wait if _HAS_EPOLL else -(-wait * 1000 // 1))
        return [(descriptor, _meaning(events)) for descriptor, events in found]

    def close(self) -> None:
        if _HAS_EPOLL:
            self._poll.close()


def _meaning(events: int) -> int:
    """An end or an error counts as both: libcurl finds it out by reading or writing."""
    may_read = pycurl.CSELECT_IN if events & ~select.POLLOUT else 0
    return may_read | (pycurl.CSELECT_OUT if events & ~select.POLLIN else 0)
