"""The ways in which the Graph API takes a message: where the person and the key stand, what it says when it took it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from tests.doubles.graph_callbacks import Callbacks
from tests.doubles.graph_rules import GraphRules
from tests.doubles.http_server import Request

Payload = dict[str, Any]


class Dialect(Protocol):
    """One product of Meta's; `check` raises Refusal, and returns the code of a failure that is told only later."""

    prefix: str

    def recipient(self, payload: Payload) -> str: ...
    def key(self, payload: Payload) -> str: ...
    def check(self, rules: GraphRules, request: Request, payload: Payload) -> int | None: ...
    def taken(self, recipient: str, message_id: str, payload: Payload) -> Payload: ...
    def tell(
        self, callbacks: Callbacks, recipient: str, message_id: str, key: str, at: datetime, late: int | None
    ) -> None: ...


class Messenger:
    """A Page's messages."""

    prefix = "m_"

    def recipient(self, payload: Payload) -> str:
        return str(payload.get("recipient", {}).get("id", ""))

    def key(self, payload: Payload) -> str:
        return str((payload.get("message") or {}).get("metadata", ""))

    def check(self, rules: GraphRules, request: Request, payload: Payload) -> int | None:
        rules.check(request.query, payload)
        return None

    def taken(self, recipient: str, message_id: str, payload: Payload) -> Payload:
        return {"recipient_id": recipient, "message_id": message_id}

    def tell(
        self, callbacks: Callbacks, recipient: str, message_id: str, key: str, at: datetime, late: int | None
    ) -> None:
        callbacks.accepted(recipient, message_id, key, at)
