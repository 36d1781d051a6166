"""ManyChat's API on loopback, by its rules as far as they are known (docs/providers/manychat.md)."""

from __future__ import annotations

import json
from typing import Any

from tests.doubles.http_server import Reply, Request
from tests.doubles.provider import ProviderDouble, said

KEY = "1234567:8f1b2c3d4e5f60718293a4b5c6d7e8f9"
CREDENTIALS = {"api_key": KEY}
ANN = "123456789"
CLOSED = (
    "Content can't be sent to the subscriber without a message tag. "
    "Subscriber's last interaction was over 46h ago (more than 24 hours ago)"
)


class ManyChatDouble(ProviderDouble):
    """`flows` are name and folder by reference; `people` "" , "closed" or "blocked"; those in `through` pass a closed
    window, as a flow with an approved template does. Errors come with HTTP 200 while `errors_are_200`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.flows: dict[str, tuple[str, int | None]] = {}
        self.folders: list[dict[str, Any]] = []
        self.people: dict[str, str] = {ANN: ""}
        self.through: set[str] = set()
        self.errors_are_200 = False

    def answer(self, request: Request) -> Reply:
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return self._refused("Unauthorized", 401)
        match request.method, request.path:
            case "GET", "/fb/page/getInfo":
                return said({"status": "success", "data": {"id": 1234567, "name": "Librairie Nord", "is_pro": True}})
            case "GET", "/fb/page/getFlows":
                flows = [{"ns": ns, "name": name, "folder_id": at} for ns, (name, at) in self.flows.items()]
                return said({"status": "success", "data": {"flows": flows, "folders": self.folders}})
            case "POST", "/fb/sending/sendFlow":
                return self._send(json.loads(request.body), "flow_ns")
            case "POST", "/fb/sending/sendContent":
                return self._send(json.loads(request.body), "data")
        return self._refused("Method not found", 404)

    def _send(self, payload: dict[str, Any], what: str) -> Reply:
        whom = payload.get("subscriber_id")
        if not isinstance(whom, int) or not payload.get(what):
            return self._invalid("Wrong value of subscriber_id" if payload.get(what) else f"{what} is required")
        state = self.people.get(str(whom))
        if state is None:
            return self._invalid("Subscriber does not exist")
        if what == "flow_ns" and payload[what] not in self.flows:
            return self._invalid("Flow with this flow_ns was not found", 404)
        if "message_tag" in json.dumps(payload):
            return self._refused("Message tags are no longer supported for Facebook Messenger")
        if state == "blocked":
            return self._refused("Subscriber has blocked the page")
        if state == "closed" and payload.get("flow_ns") not in self.through:
            return self._refused(CLOSED, code=3011)
        self.accepted.append(payload)
        return said({"status": "success"})

    def _invalid(self, words: str, status: int = 400) -> Reply:
        return self._refused("Validation error", status, details={"messages": [{"message": words}]})

    def _refused(self, words: str, status: int = 400, **more: Any) -> Reply:
        return said({"status": "error", "message": words, **more}, 200 if self.errors_are_200 else status)
