"""The connections in libcurl's pool, so that one can be looked at before a request is risked on it."""

from __future__ import annotations

import select
import socket

REMEMBERED = 20_000  # connections, old ones included; forgotten all at once, which costs no more than the look

_ENDED = select.POLLIN | select.POLLHUP | select.POLLERR


class Connections:
    """Looks at the descriptor of each connection, known by its local address.

    libcurl 8.23 does not look at a connection that it used within the last second: a provider that restarts would
    turn every message of that second into a doubtful one. An idle HTTP/1.1 connection has nothing to read, so one
    that is readable has ended.
    """

    def __init__(self) -> None:
        self._looks: dict[tuple[str, int], select.poll] = {}

    def remember(self, local_ip: str, local_port: int, opened: list[int]) -> None:
        """One of the descriptors just opened is the connection that came about."""
        if len(self._looks) >= REMEMBERED:
            self._looks.clear()
        for descriptor in opened:
            if _port_of(descriptor) == local_port:
                self._looks[local_ip, local_port] = look = select.poll()
                look.register(descriptor, _ENDED)

    def has_ended(self, local_ip: str, local_port: int) -> bool:
        """Whether this idle connection was closed by the other side."""
        look = self._looks.get((local_ip, local_port))
        return look is not None and bool(look.poll(0))


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
