"""Twilio's Messages on loopback, keeping Twilio's rules (docs/providers/sms.md)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from tests.doubles.http_server import Reply, Request
from tests.doubles.provider import Deliver, ProviderDouble, said

SID, TOKEN = "AC" + "0" * 32, "12345"
CREDENTIALS = {"account_sid": SID, "auth_token": TOKEN}
OURS = "+15005550006"
_FORM = "application/x-www-form-urlencoded"


class TwilioDouble(ProviderDouble):
    """`stopped` numbers wrote STOP: Twilio itself refuses messages to them until they write START."""

    def __init__(self, deliver: Deliver | None = None) -> None:
        super().__init__(deliver)
        self.stopped: set[str] = set()
        self.limited_for: int | None = None
        self._numbers = itertools.count(1)

    def answer(self, request: Request) -> Reply:
        proof = base64.b64encode(f"{SID}:{TOKEN}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {proof}":
            return refused(20003, "Authenticate", 401)
        fields = dict(parse_qsl(request.body.decode()))
        match request.method, request.path.removeprefix(f"/2010-04-01/Accounts/{SID}"):
            case "GET", ".json":
                return said({"sid": SID, "friendly_name": "The Shop", "status": "active"})
            case "POST", "/Messages.json":
                return self._take(fields)
        return refused(20404, "The requested resource was not found", 404)

    def _take(self, fields: dict[str, str]) -> Reply:
        if self.limited_for is not None:
            return refused(20429, "Too Many Requests", 429, **{"Retry-After": str(self.limited_for)})
        if not fields.get("To", "").startswith("+"):
            return refused(21211, "The 'To' number is not a valid phone number")
        if fields["To"] in self.stopped:
            return refused(21610, "Attempt to send to unsubscribed recipient")
        if not ("From" in fields or "MessagingServiceSid" in fields):
            return refused(21212, "The 'From' number is required")
        if not ("Body" in fields or "MediaUrl" in fields):
            return refused(21602, "Message body is required")
        if len(fields.get("Body", "")) > 1600:
            return refused(21617, "The concatenated message body exceeds the 1600 character limit")
        sid = f"SM{next(self._numbers):032x}"
        self.accepted.append({**fields, "sid": sid})
        taken = {"sid": sid, "status": "queued", "to": fields["To"], "from": fields.get("From"), "body": "…"}
        return said({**taken, "num_segments": "1", "error_code": None, "error_message": None, "novelty": 1}, 201)

    def report(self, sent: Mapping[str, str], status: str, **more: str) -> int:
        """Tell what became of a message that was taken, at the address that it brought."""
        fields = {"MessageSid": sent["sid"], "SmsSid": sent["sid"], "MessageStatus": status, "SmsStatus": status}
        return self._post(sent["StatusCallback"], {**fields, "To": sent["To"], "From": OURS, **more})

    def says(self, url: str, number: str, text: str, name: str = "", **more: str) -> int:
        """Somebody writes to the number; STOP and START are Twilio's business first."""
        match text.strip().upper():
            case "STOP":
                self.stopped.add(number)
            case "START":
                self.stopped.discard(number)
        return self._post(url, spoken(number, text, name or f"SMin{next(self._numbers)}", **more))

    def _post(self, url: str, fields: Mapping[str, str]) -> int:
        given = {"AccountSid": SID, "ApiVersion": "2010-04-01", **fields}
        headers = {"X-Twilio-Signature": signature(url, given), "Content-Type": _FORM}
        status, answer = self.call(url, urlencode(given).encode(), headers)
        assert status != 200 or answer == b"<Response/>"
        return status


def spoken(number: str, text: str, name: str, **more: str) -> dict[str, str]:
    """The fields of an incoming message."""
    told = {"MessageSid": name, "SmsSid": name, "SmsStatus": "received", "From": number, "To": OURS, "Body": text}
    return {**told, "NumMedia": "0", "NumSegments": "1", "FromCountry": "FR", "Novelty": "1", **more}


def refused(code: int, words: str, status: int = 400, **headers: str) -> Reply:
    more = f"https://www.twilio.com/docs/errors/{code}"
    body = {"code": code, "message": words, "more_info": more, "status": status}
    return Reply(status, json.dumps(body).encode(), headers)


def signature(url: str, fields: Mapping[str, Any], token: str = TOKEN) -> str:
    text = url + "".join(f"{name}{fields[name]}" for name in sorted(fields))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()
