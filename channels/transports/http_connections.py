"""The connections in libcurl's pool, so that one can be looked at before a request is risked on it."""

from __future__ import annotations

import select
import socket

from channels.transports.http_sockets import Sockets

REMEMBERED = 20_000  # connections, old ones included; forgotten all at once, which costs no more than the look

_ENDED = select.POLLIN | select.POLLHUP | select.POLLERR


# Local and remote address and port: two connections to different servers may share a local port.
Ends = tuple[str, int, str, int]


class Connections:
    """Looks at the descriptor of each connection, known by its two ends.

    libcurl 8.23 does not look at a connection that it used within the last second: a provider that restarts would
    turn every message of that second into a doubtful one. An idle HTTP/1.1 connection has nothing to read, so one
    that is readable has ended.
    """

    def __init__(self, sockets: Sockets) -> None:
        self._sockets = sockets
        self._looks: dict[Ends, tuple[int, select.poll]] = {}

    def remember(self, ends: Ends, opened: list[int]) -> None:
        """One of the descriptors just opened is the connection that came about."""
        if len(self._looks) >= REMEMBERED:
            self._looks.clear()
        for descriptor in opened:
            if _port_of(descriptor) == ends[1]:
                look = select.poll()
                look.register(descriptor, _ENDED)
                self._looks[ends] = descriptor, look

    def has_ended(self, ends: Ends) -> bool:
        """Whether this idle connection was closed by the other side."""
        known = self._looks.get(ends)
        if known is None:
            return False
        descriptor, look = known
        if look.poll(0):
            return True
        self._sockets.is_open(descriptor)
        return False


def _port_of(descriptor: int) -> int | None:
    try:
        borrowed = socket.socket(fileno=descriptor)
    except OSError:  # the slower one of two attempts, closed already
        return None
    try:
        return int(borrowed.getsockname()[1])
    except (OSError, IndexError):
        return None
    finally:
        borrowed.detach()
