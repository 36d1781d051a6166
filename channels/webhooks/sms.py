"""Twilio's calls for a number or a messaging service (docs/providers/sms.md)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator, Sequence
from urllib.parse import SplitResult, parse_qs, parse_qsl, urlsplit

from channels.backends.reading import object_in
from channels.backends.sms_inbound import parse
from channels.errors import WebhookRejected
from channels.events import Event
from channels.messages import Account
from channels.webhooks.base import Call, Webhook, same

_PORTS = {"https": 443, "http": 80}


class SmsWebhook(Webhook):
    """Signed with the auth token over the public address and every field; a JSON body's hash stands in the address."""

    thanks = "<Response/>"
    thanks_type = "text/xml"

    def verify(self, call: Call, account: Account) -> None:
        token, given = account.credentials.get("auth_token", ""), call.headers.get("X-Twilio-Signature", "")
        is_ours = any(same(given, signature(token, url, _signed_fields(call))) for url in _spellings(call.url))
        if not token or not is_ours or not _is_whole(call):
            raise WebhookRejected("the signature is missing or wrong", status=403)

    def parse(self, call: Call, account: Account) -> Sequence[Event]:
        key = parse_qs(urlsplit(call.url).query).get("key", [""])[0]
        return parse(_fields(call), key, call.received_at)


def signature(token: str, url: str, fields: Sequence[tuple[str, str]]) -> str:
    """Twilio's: the address, then every name and value, sorted, each pair once."""
    text = url + "".join(name + value for name, value in sorted(set(fields)))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def _spellings(url: str) -> Iterator[str]:
    """With the port and without: Twilio has signed both."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if parts.hostname and ":" in parts.hostname else parts.hostname or ""
    port = parts.port or _PORTS.get(parts.scheme, 0)
    yield url
    yield _with_host(parts, host)
    yield _with_host(parts, f"{host}:{port}")


def _with_host(parts: SplitResult, host: str) -> str:
    return parts._replace(netloc=host).geturl()


def _is_json(call: Call) -> bool:
    return call.headers.get("Content-Type", "").partition(";")[0].strip().lower() == "application/json"


def _pairs(call: Call) -> list[tuple[str, str]]:
    return parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True)


def _signed_fields(call: Call) -> list[tuple[str, str]]:
    return [] if _is_json(call) else _pairs(call)


def _is_whole(call: Call) -> bool:
    """A body that is no form is vouched for by its hash."""
    told = parse_qs(urlsplit(call.url).query).get("bodySHA256", [""])[0]
    return same(told.lower(), hashlib.sha256(call.body).hexdigest()) if told or _is_json(call) else True


def _fields(call: Call) -> dict[str, str]:
    if not _is_json(call):
        return dict(reversed(_pairs(call)))  # the first of each name
    return {name: value for name, value in object_in(call.body).items() if isinstance(value, str)}
