"""The only doors out of the product: HTTP to the providers, local to the sandbox."""

from __future__ import annotations

from channels.messages import DoorResult, HttpCall, LocalMessage, OutgoingCall
from channels.transports.http import HttpDoor
from channels.transports.local import LocalDoor

__all__ = ["Doors", "HttpDoor", "LocalDoor"]


class Doors:
    """All doors as one: a call leaves through the door of its type, results come back together."""

    def __init__(self, *, http: HttpDoor, local: LocalDoor) -> None:
        self._http = http
        self._local = local

    @property
    def in_flight(self) -> int:
        """Calls started and not yet given back by `poll`."""
        return self._http.in_flight + self._local.in_flight

    def start(self, ticket: object, call: OutgoingCall) -> None:
        """Send `call`; `ticket` comes back with its result."""
        match call:
            case HttpCall():
                self._http.start(ticket, call)
            case LocalMessage():
                self._local.start(ticket, call)

    def poll(self, timeout: float) -> list[tuple[object, DoorResult]]:
        """What finished; waits at most `timeout` seconds, and not at all when something local is there."""
        local = self._local.poll()
        return local + self._http.poll(0.0 if local else timeout)

    def close(self) -> None:
        self._http.close()
        self._local.close()
