"""A mail service on loopback that answers as Postmark does (docs/providers/email.md)."""

from __future__ import annotations

import itertools
import json
from typing import Any

from tests.doubles.http_server import Reply, Request
from tests.doubles.provider import ProviderDouble, said

TOKEN = "server-token-1"
SECRET = "postmark:a long word"
CREDENTIALS = {"api_key": TOKEN, "webhook_secret": SECRET}


class MailServiceDouble(ProviderDouble):
    """`inactive` are addresses that bounced before; what it took is in `accepted`."""

    def __init__(self) -> None:
        super().__init__()
        self.inactive: set[str] = set()
        self._numbers = itertools.count(1)

    def settings(self, **more: str) -> dict[str, str]:
        return {"service": "postmark", "sender": "news@shop.example", "base_url": self.base_url, **more}

    def answer(self, request: Request) -> Reply:
        if request.headers.get("x-postmark-server-token") != TOKEN:
            return _problem(401, 10, "No Account or Server API tokens were supplied")
        if (request.method, request.path) == ("GET", "/server"):
            return said({"ID": 1, "Name": "Production"})
        if (request.method, request.path) == ("POST", "/email"):
            return self._take(json.loads(request.body))
        return _problem(404, 501, "not found")

    def _take(self, mail: dict[str, Any]) -> Reply:
        if "@" not in mail["To"]:
            return _problem(422, 300, f"Invalid 'To' address: '{mail['To']}'.")
        if mail["To"] in self.inactive:
            text = f"Found inactive addresses: {mail['To']}. Inactive recipients are ones that have bounced."
            return _problem(422, 406, f"You tried to send to recipients marked as inactive.\n {text}")
        number = f"0a129aee-e1cd-480d-b08d-{next(self._numbers):012}"
        self.accepted.append({**mail, "MessageID": number})
        return said({"To": mail["To"], "MessageID": number, "ErrorCode": 0, "Message": "OK"})


def _problem(status: int, code: int, message: str) -> Reply:
    return said({"ErrorCode": code, "Message": message}, status)
