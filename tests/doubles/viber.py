"""A Viber bot API on loopback that keeps Viber's rules (docs/providers/viber.md)."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
from datetime import datetime
from typing import Any

from tests.doubles.http_server import Reply, Request
from tests.doubles.provider import Deliver, ProviderDouble, said

TOKEN = "445da6az1s345z78-dazcczb2542zv51a-e0vc5fva17480im9"
CREDENTIALS = {"auth_token": TOKEN}
MOST_UNANSWERED = 100


class ViberDouble(ProviderDouble):
    """Everything is answered with HTTP 200. `people` are subscribed; who is not gets status 6.

    After 100 messages that somebody did not answer, status 12.
    """

    def __init__(self, deliver: Deliver | None = None) -> None:
        super().__init__(deliver)
        self.people: set[str] = set()
        self.unanswered: dict[str, int] = {}
        self.webhook = ""
        self._tokens = itertools.count(4987381194038857789)

    def answer(self, request: Request) -> Reply:
        payload = json.loads(request.body or b"{}")
        if request.headers.get("x-viber-auth-token") != TOKEN:
            return _status(2, "invalidAuthToken")
        match request.path:
            case "/pa/send_message":
                return self._take(payload)
            case "/pa/set_webhook":
                return self._register(payload)
            case "/pa/get_account_info":
                return said({"status": 0, "status_message": "ok", "id": "pa:75346594275468546724", "name": "The Shop"})
            case "/pa/get_user_details":
                return said({"status": 0, "user": {"id": payload["id"], "name": "Ann", "language": "fr"}})
        return _status(3, "badData")

    def _register(self, payload: dict[str, Any]) -> Reply:
        """The address is tried at once."""
        self.webhook = payload["url"]
        if self.deliver is not None and self.tell({"event": "webhook", "timestamp": 1457764197627}) != 200:
            return _status(1, "invalidUrl")
        return said({"status": 0, "status_message": "ok", "event_types": payload["event_types"]})

    def _take(self, payload: dict[str, Any]) -> Reply:
        person = payload.get("receiver", "")
        if not self.webhook:
            return _status(10, "webhookNotSet")
        if person not in self.people:
            return _status(6, "receiverNotSubscribed")
        if self.unanswered.get(person, 0) >= MOST_UNANSWERED:
            return _status(12, "tooManyRequests")
        most = 7000 if payload.get("type") == "text" else 512
        name = payload.get("sender", {}).get("name", "")
        if not 0 < len(name) <= 28 or len(payload.get("text", "")) > most or "type" not in payload:
            return _status(3, "badData")
        self.unanswered[person] = self.unanswered.get(person, 0) + 1
        token = next(self._tokens)
        self.accepted.append({**payload, "message_token": token})
        return said({"status": 0, "status_message": "ok", "message_token": token, "billing_status": 1})

    def tell(self, event: dict[str, Any]) -> int:
        match event:
            case {"event": "message", "sender": {"id": person}}:
                self.people.add(person)
                self.unanswered.pop(person, None)
            case {"event": "unsubscribed", "user_id": person}:
                self.people.discard(person)
        body = json.dumps(event).encode()
        headers = {"X-Viber-Content-Signature": signature(body), "Content-Type": "application/json"}
        return self.call(self.webhook, body, headers)[0]


def _status(status: int, words: str) -> Reply:
    return said({"status": status, "status_message": words})


def event(kind: str, at: datetime, token: object = 4912661846655238145, **more: Any) -> dict[str, Any]:
    return {"event": kind, "timestamp": round(at.timestamp() * 1000), "message_token": token, **more}


def message(person: str, at: datetime, text: str = "Hello", token: object = 0) -> dict[str, Any]:
    sender = {"id": person, "name": "Ann", "language": "fr", "country": "FR", "api_version": 10}
    told = {"type": "text", "text": text, "tracking_data": "7.0"}
    return event("message", at, token or round(at.timestamp() * 1000), sender=sender, message=told)


def subscribed(person: str, at: datetime, token: object = 0) -> dict[str, Any]:
    user = {"id": person, "name": "Ann", "country": "FR", "language": "fr", "api_version": 10}
    return event("subscribed", at, token or round(at.timestamp() * 1000), user=user)


def signature(body: bytes, token: str = TOKEN) -> str:
    return hmac.new(token.encode(), body, hashlib.sha256).hexdigest()
