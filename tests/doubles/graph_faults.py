"""What can go wrong at the Graph double besides its rules: for one person or everybody, a few times or from now on."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from tests.doubles.http_server import Manner, Reply

HTML = b"<!DOCTYPE html><html><body><h1>Sorry, something went wrong.</h1></body></html>"
HTML_HEADERS = {"Content-Type": "text/html"}
STRUCTURED = {"error": {"message": "An unknown error", "type": "OAuthException", "code": 2, "is_transient": True}}


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to fail; `takes` says whether the message is accepted all the same (None: what is usual for it)."""

    kind: str
    recipient: str | None = None
    times: int | None = None
    seconds: float = 0.0
    takes: bool | None = None
    error: dict[str, Any] | None = None
    status: int = 400

    @property
    def is_taken(self) -> bool:
        return self.kind in TAKEN_ANYWAY if self.takes is None else self.takes

    def reply_instead(self, reply: Reply) -> Reply:
        """What goes out instead of the reply of the rules."""
        match self.kind:
            case "slow":
                return replace(reply, delay=reply.delay + self.seconds)
            case "error":
                body = json.dumps({"error": self.error}).encode()
                return replace(reply, status=self.status, body=body)
            case "429":
                return replace(reply, status=429, body=b"", headers={"Retry-After": str(round(self.seconds))})
            case _:
                return replace(REPLIES[self.kind], delay=reply.delay)


TAKEN_ANYWAY = frozenset({"slow", "reset", "bare_502", "bare_504", "invalid_json", "empty", "huge"})

REPLIES = {
    "reset": Reply(manner=Manner.RESET),
    "structured_500": Reply(500, json.dumps(STRUCTURED).encode()),
    "html_500": Reply(500, HTML, HTML_HEADERS),
    "html_403": Reply(403, HTML, HTML_HEADERS),
    "bare_502": Reply(502, HTML, HTML_HEADERS),
    "bare_504": Reply(504),
    "invalid_json": Reply(200, b'{"recipient_id": "1", "message_'),
    "empty": Reply(200),
    "huge": Reply(200, b'{"message_id": "m_huge", "filler": "' + b"x" * 3_000_000 + b'"}'),
    "redirect": Reply(302, b"", {"Location": "/v25.0/elsewhere/messages"}),
}
KINDS = frozenset({*REPLIES, "slow", "error", "429"})


class Faults:
    """The faults that wait for a request; the oldest that fits is used first."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        if fault.kind not in KINDS:
            raise ValueError(f"unknown fault {fault.kind!r}")
        self._waiting.append(fault)

    def clear(self) -> None:
        self._waiting.clear()

    def next_for(self, recipient: str) -> Fault | None:
        for index, fault in enumerate(self._waiting):
            if fault.recipient in (None, recipient):
                self._use(index, fault)
                return fault
        return None

    def _use(self, index: int, fault: Fault) -> None:
        if fault.times is None:
            return
        if fault.times > 1:
            self._waiting[index] = replace(fault, times=fault.times - 1)
        else:
            del self._waiting[index]
