"""The connections in libcurl's pool, so that one can be looked at before a request is risked on it."""

from __future__ import annotations

import socket

from channels.transports.http_sockets import Sockets

REMEMBERED = 20_000  # connections, old ones included; forgotten all at once, which costs no more than the look

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
        self._descriptors: dict[Ends, int] = {}

    def remember(self, ends: Ends, opened: list[int]) -> None:
        """One of the descriptors just opened is the connection that came about."""
        if len(self._descriptors) >= REMEMBERED:
            self._descriptors.clear()
        for descriptor in opened:
            if _port_of(descriptor) == ends[1]:
                self._descriptors[ends] = descriptor

    def has_ended(self, ends: Ends) -> bool:
        """Whether this idle connection was closed by the other side."""
        descriptor = self._descriptors.get(ends)
        return descriptor is not None and self._sockets.has_ended(descriptor)


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
