"""The HTTP door: many requests at once over libcurl, each sent at most once."""

from __future__ import annotations

from collections import deque
from time import monotonic

import pycurl

from channels.messages import DoorResult, HttpCall, Unreached
from channels.transports.addresses import AddressRules, is_reachable
from channels.transports.http_connections import Connections
from channels.transports.http_line import Line
from channels.transports.http_sockets import Sockets
from channels.transports.own_machine import has_own_name, is_own_listener

# So many calls are put on the wire before a look at it: who answers at once hears the next ones over connections that
# are warm, instead of one connection for each call.
SLICE = 32


class HttpDoor:
    """Starts calls and gives back what became of them; never repeats, follows or decides anything.

    Calls beyond `max_in_flight` wait inside for a free line. `timeout` and `connect_timeout` are seconds.
    Not for use by several threads at once; make it after a fork, not before.
    """

    def __init__(
        self, *, allow: AddressRules, max_in_flight: int = 500, timeout: float = 60.0, connect_timeout: float = 10.0
    ) -> None:
        self._rules = allow
        self._max_in_flight = max_in_flight
        self._timeouts = {"timeout": timeout, "connect_timeout": connect_timeout}
        self._free: list[Line] = []
        self._busy: dict[pycurl.Curl, Line] = {}
        self._waiting: deque[tuple[object, HttpCall]] = deque()
        self._finished: list[tuple[object, DoorResult]] = []
        self._sockets = Sockets()
        self._connections = Connections(self._sockets)
        self._unmoved = 0
        self._wake_at: float | None = None
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._sockets.watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)
        self._multi.setopt(pycurl.M_MAXCONNECTS, max_in_flight)

    @property
    def in_flight(self) -> int:
        """Calls started and not yet given back."""
        return len(self._busy) + len(self._waiting) + len(self._finished)

    def start(self, ticket: object, call: HttpCall) -> None:
        """Send this call as soon as a line is free; `ticket` comes back with its result."""
        self._launch(ticket, call)
        self._unmoved += 1
        if self._unmoved >= SLICE:
            self._turn(0)

    def _launch(self, ticket: object, call: HttpCall) -> None:
        if len(self._busy) >= self._max_in_flight:
            self._waiting.append((ticket, call))
            return
        if has_own_name(call.url, self._rules):
            self._finished.append((ticket, Unreached("our own address", is_forbidden=True)))
            return
        line = self._free.pop() if self._free else self._new_line()
        try:
            line.aim(ticket, call)
        except (ValueError, pycurl.error) as error:
            self._free.append(line)
            self._finished.append((ticket, Unreached(f"not a sendable call: {error}", is_forbidden=True)))
            return
        self._busy[line.handle] = line
        self._multi.add_handle(line.handle)

    def poll(self, timeout: float) -> list[tuple[object, DoorResult]]:
        """Move everything on and return what finished; waits at most `timeout` seconds for the first to finish."""
        until = monotonic() + timeout
        self._turn(0)
        while not self._finished and self._busy and (left := until - monotonic()) > 0:
            self._turn(left)
        finished, self._finished = self._finished, []
        return finished

    def close(self) -> None:
        """Abandon what is in flight and close every connection."""
        for handle in self._busy:
            self._multi.remove_handle(handle)
        for line in (*self._busy.values(), *self._free):
            line.close()
        self._busy.clear()
        self._free.clear()
        self._waiting.clear()
        self._multi.close()
        self._sockets.close()

    def _turn(self, wait: float) -> None:
        self._unmoved = 0
        now = monotonic()
        if self._wake_at is not None:
            wait = min(wait, max(0.0, self._wake_at - now))
        for descriptor, ready in self._sockets.ready(wait):
            self._multi.socket_action(descriptor, ready)
        if self._wake_at is not None and monotonic() >= self._wake_at:
            self._wake_at = None
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        self._collect()

    def _collect(self) -> None:
        queued = 1
        while queued:
            queued, succeeded, failed = self._multi.info_read()
            for handle in succeeded:
                self._finish(handle, None)
            for handle, code, _ in failed:
                self._finish(handle, code)
        while self._waiting and len(self._busy) < self._max_in_flight:
            self._launch(*self._waiting.popleft())

    def _finish(self, handle: pycurl.Curl, code: int | None) -> None:
        self._multi.remove_handle(handle)
        line = self._busy[handle]
        if line.is_stale:
            line.aim_again()
            self._multi.add_handle(handle)
            return
        del self._busy[handle]
        self._finished.append((line.ticket, line.answer() if code is None else line.failure(code)))
        self._free.append(line)

    def _new_line(self) -> Line:
        return Line(self._may_reach, self._sockets, self._connections, **self._timeouts)

    def _may_reach(self, ip: str, port: int) -> bool:
        return is_reachable(ip, port, self._rules) and not is_own_listener(ip, port, self._rules)

    def _set_timer(self, milliseconds: int) -> None:
        """libcurl says when it wants to be called even if nothing happens; -1 is never."""
        self._wake_at = None if milliseconds < 0 else monotonic() + milliseconds / 1000
