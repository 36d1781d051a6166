"""Which accounts an app hears of, as the Graph double keeps it: `subscribed_apps`, with WhatsApp's own address."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from tests.doubles.graph_rules import GraphRules, Refusal
from tests.doubles.http_server import Request

CHALLENGE = "1158201444"


def fetched(url: str) -> str:
    """What an address answers to a GET; empty where it refuses."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310  # whoever runs the double names it
            text: str = answer.read().decode()
            return text
    except (urllib.error.URLError, OSError):
        return ""


class Subscriptions:
    """`asked` are the wishes by account; an address of its own is asked for the challenge before it counts."""

    def __init__(self, get: Callable[[str], str] = fetched) -> None:
        self.get = get
        self.asked: dict[str, dict[str, Any]] = {}

    def take(self, rules: GraphRules, request: Request) -> dict[str, Any]:
        """Raises Refusal as Meta would."""
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        rules.check_token({**request.query, **({"access_token": bearer} if bearer else {})})
        wish = json.loads(request.body or b"{}")
        owner = request.path.split("/")[-2]
        address, token = wish.get("override_callback_uri"), wish.get("verify_token")
        if address is not None:
            asked = urlencode({"hub.mode": "subscribe", "hub.verify_token": token, "hub.challenge": CHALLENGE})
            if not token or self.get(f"{address}?{asked}") != CHALLENGE:
                raise Refusal(2200)
        elif not wish.get("subscribed_fields"):
            raise Refusal(100)
        self.asked[owner] = wish
        return {"success": True}
