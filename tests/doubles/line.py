"""A LINE Messaging API on loopback that keeps LINE's rules (docs/providers/line.md)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from tests.doubles.http_server import Reply, Request
from tests.doubles.provider import Deliver, ProviderDouble, said

SECRET = "channel-secret"
CREDENTIALS = {"channel_access_token": "line-token", "channel_secret": SECRET}
KEYS_KEPT_FOR = timedelta(hours=24)


class LineDouble(ProviderDouble):
    """Every id that begins with U is a person. Retry keys are remembered for 24 hours of `clock`.

    `blocked` people yield 200, as at LINE: `shown` is what really reached somebody.
    """

    def __init__(
        self, deliver: Deliver | None = None, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        super().__init__(deliver)
        self.clock = clock
        self.blocked: set[str] = set()
        self.shown: list[dict[str, Any]] = []
        self.limit = ""  # "monthly" or "rate"
        self.webhook = ""
        self._keys: dict[str, tuple[datetime, list[dict[str, str]]]] = {}
        self._numbers = itertools.count(461230966842064897)

    def answer(self, request: Request) -> Reply:
        payload = json.loads(request.body or b"{}")
        if request.headers.get("authorization") != f"Bearer {CREDENTIALS['channel_access_token']}":
            return said({"message": "Authentication failed. Confirm that the access token is valid."}, 401)
        match request.method, request.path:
            case "POST", "/v2/bot/message/push":
                return self._push(payload, request.headers.get("x-line-retry-key", ""))
            case "PUT", "/v2/bot/channel/webhook/endpoint":
                self.webhook = payload["endpoint"]
                status, _ = self.tell()  # LINE's own check
                return said({}) if status == 200 else said({"message": "Webhook endpoint did not answer"}, 400)
            case "GET", "/v2/bot/info":
                return said({"userId": "U0", "basicId": "@shop", "displayName": "The Shop"})
            case "GET", path if path.startswith("/v2/bot/profile/U"):
                return said({"userId": path.rpartition("/")[2], "displayName": "Ann Lee", "language": "fr"})
        return said({"message": "Not found"}, 404)

    def _push(self, payload: dict[str, Any], key: str) -> Reply:
        if wrong := _wrong_with(payload, key):
            return wrong
        if self.limit == "rate":  # every try counts
            return said({"message": "The API rate limit has been exceeded. Try again later."}, 429)
        at, sent = self._keys.get(key, (None, []))
        if at is not None and self.clock() - at < KEYS_KEPT_FOR:
            again = {"message": "The retry key is already accepted", "sentMessages": sent}
            return said(again, 409, **{"x-line-accepted-request-id": "123e4567"})
        if self.limit == "monthly":
            now = f"{self.clock():%a, %d %b %Y %H:%M:%S GMT}"
            return said({"message": "You have reached your monthly limit."}, 429, Date=now)
        sent = [{"id": str(next(self._numbers)), "quoteToken": "q"} for _ in payload["messages"]]
        self._keys[key] = (self.clock(), sent)
        self.accepted.append(payload)
        if payload["to"] not in self.blocked:
            self.shown.append(payload)
        return said({"sentMessages": sent}, 200, **{"x-line-request-id": "r"})

    def tell(self, *events: dict[str, Any]) -> tuple[int, bytes]:
        body = post_of(*events)
        return self.call(self.webhook, body, {"X-Line-Signature": signature(body), "Content-Type": "application/json"})


def _wrong_with(payload: dict[str, Any], key: str) -> Reply | None:
    try:
        UUID(key)
    except ValueError:
        return said({"message": "The value for the 'X-Line-Retry-Key' header is invalid"}, 400)
    if not str(payload.get("to", "")).startswith(("U", "C", "R")):
        return said({"message": "The property, 'to', in the request body is invalid (line: -, column: -)"}, 400)
    messages = payload.get("messages", ())
    is_too_long = any(len(one.get("text", "").encode("utf-16-le")) > 10_000 for one in messages)
    if not 1 <= len(messages) <= 5 or is_too_long:
        details = [{"message": "Length must be between 0 and 5000", "property": "messages[0].text"}]
        return said({"message": "The request body has 1 error(s)", "details": details}, 400)
    return None


def event(kind: str, person: str, at: datetime, name: str = "", **more: Any) -> dict[str, Any]:
    milliseconds = round(at.timestamp() * 1000)
    return {
        "type": kind,
        "mode": "active",
        "timestamp": milliseconds,
        "source": {"type": "user", "userId": person},
        "webhookEventId": name or f"01H{kind}{person}{milliseconds}",
        "deliveryContext": {"isRedelivery": False},
        **more,
    }


def message(person: str, at: datetime, text: str = "Hello", name: str = "") -> dict[str, Any]:
    return event("message", person, at, name, replyToken="r", message={"id": "1", "type": "text", "text": text})


def postback(person: str, at: datetime, data: str) -> dict[str, Any]:
    return event("postback", person, at, replyToken="r", postback={"data": data})


def post_of(*events: dict[str, Any]) -> bytes:
    return json.dumps({"destination": "U0", "events": list(events)}, ensure_ascii=False).encode()


def signature(body: bytes, secret: str = SECRET) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
