"""An event of Standard Webhooks as a signed call, and a message as the JSON in it: the form that our API takes, too."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from channels.backends.limits import BLOCK_KINDS
from channels.content import Message
from channels.messages import Account, HttpCall
from channels.standard_webhooks import secrets_at, signed_headers


def signed_call(account: Account, event: str, number: str, at: datetime, data: dict[str, Any]) -> HttpCall:
    """One try at `at` of the event with this id; its secrets are those that sign then."""
    body = json.dumps({"type": event, "timestamp": at.isoformat(), "data": data}, ensure_ascii=False).encode()
    signed = signed_headers(number, at, body, secrets_at(account.credentials, at))
    url = str(account.settings.get("url", ""))
    return HttpCall("POST", url, (("Content-Type", "application/json"), *signed), body)


def block_of(content: Message) -> dict[str, Any]:
    return {"type": BLOCK_KINDS[type(content)], **_given(asdict(content))}


def _given(value: Any) -> Any:
    """Without what was left empty."""
    if isinstance(value, tuple):
        return [_given(one) for one in value]
    return {name: _given(one) for name, one in value.items() if one} if isinstance(value, dict) else value
