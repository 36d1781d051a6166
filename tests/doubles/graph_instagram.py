"""Instagram's rules as the Graph double keeps them (docs/providers/instagram.md); touches no network."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.doubles.graph_callbacks import Callbacks
from tests.doubles.graph_dialects import Messenger
from tests.doubles.graph_rules import GraphRules, Refusal
from tests.doubles.http_server import Request
from tests.doubles.instagram_events import ACCOUNT_ID, post_of, read

NOT_HERE = frozenset({"notification_type", "tag", "messaging_type"})


class Instagram(Messenger):
    """Stands in for Messenger's dialect: `graph.messenger = Instagram()`. Reads by mid, and no other receipt."""

    prefix = "aWdfZAG1fa"

    def check(self, rules: GraphRules, request: Request, payload: dict[str, Any]) -> int | None:
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        if bearer and f"/{ACCOUNT_ID}/messages" not in request.path:
            raise Refusal(100, 33)
        rules.check_token({**request.query, **({"access_token": bearer} if bearer else {})})
        if rules.limited_for_minutes is not None:
            raise Refusal(613, 2534040, wait_minutes=rules.limited_for_minutes)
        person = rules.people.get(self.recipient(payload))
        if person is None:
            raise Refusal(100, 2534014)
        message = payload.get("message") or {}
        is_sized = len(message.get("text", "").encode()) <= 1000
        if NOT_HERE & payload.keys() or "metadata" in message or "template" in message or not is_sized:
            raise Refusal(100, 2534015)
        if not rules.is_window_open(person):
            raise Refusal(10, 2534022)
        if person.is_blocked:
            raise Refusal(200, 1545041)
        return None

    def tell(
        self, callbacks: Callbacks, recipient: str, message_id: str, key: str, at: datetime, late: int | None
    ) -> None:
        if "read" in callbacks.auto:
            callbacks.tell(post_of(read(recipient, at, message_id)))
