"""The only doors out of the product: HTTP to the providers, mail to mail servers, local to the sandbox."""

from __future__ import annotations

from channels.messages import DoorResult, HttpCall, LocalMessage, MailLogin, MailMessage, OutgoingCall
from channels.transports.http import HttpDoor
from channels.transports.local import LocalDoor
from channels.transports.mail import MailDoor

__all__ = ["Doors", "HttpDoor", "LocalDoor", "MailDoor"]

# While both have something on its way, neither is waited for longer than this, so that the other is heard.
TURN = 0.02


class Doors:
    """All doors as one: a call leaves through the door of its type, results come back together.

    Without a mail door no mails can be started.
    """

    def __init__(self, *, http: HttpDoor, local: LocalDoor, mail: MailDoor | None = None) -> None:
        self._http, self._local, self._mail = http, local, mail

    @property
    def in_flight(self) -> int:
        """Calls started and not yet given back by `poll`."""
        return self._http.in_flight + self._local.in_flight + (self._mail.in_flight if self._mail else 0)

    def start(self, ticket: object, call: OutgoingCall | MailLogin) -> None:
        """Send `call`; `ticket` comes back with its result."""
        match call:
            case HttpCall():
                self._http.start(ticket, call)
            case LocalMessage():
                self._local.start(ticket, call)
            case MailMessage() | MailLogin() if self._mail:
                self._mail.start(ticket, call)
            case _:
                raise RuntimeError("there is no mail door")

    def poll(self, timeout: float) -> list[tuple[object, DoorResult]]:
        """What finished; waits at most `timeout` seconds, and not at all when something local is there."""
        found = self._local.poll()
        if self._mail is None or not self._mail.in_flight:
            return found + self._http.poll(0.0 if found else timeout)
        found += self._mail.poll(0.0)
        if not self._http.in_flight:
            return found or self._mail.poll(timeout)
        return found + self._http.poll(0.0 if found else min(timeout, TURN))

    def close(self) -> None:
        self._http.close()
        self._local.close()
        if self._mail:
            self._mail.close()
