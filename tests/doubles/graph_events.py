"""What Meta posts to a Page's webhook, as plain values, and how it signs them."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import datetime
from typing import Any

PAGE_ID = "100"
SECRET = "app-secret"
VERIFY_TOKEN = "verify-me"
CREDENTIALS = {
    "page_id": PAGE_ID,
    "page_access_token": "page-token",
    "app_secret": SECRET,
    "verify_token": VERIFY_TOKEN,
}


def milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def event(psid: str, at: datetime, **what: Any) -> dict[str, Any]:
    """From the person to the Page."""
    return {"sender": {"id": psid}, "recipient": {"id": PAGE_ID}, "timestamp": milliseconds(at), **what}


def message(psid: str, at: datetime, text: str = "Hello", mid: str = "", **more: Any) -> dict[str, Any]:
    return event(psid, at, message={"mid": mid or f"m_in_{psid}_{milliseconds(at)}", "text": text, **more})


def quick_reply(psid: str, at: datetime, payload: str, title: str = "Yes") -> dict[str, Any]:
    return message(psid, at, title, quick_reply={"payload": payload})


def postback(psid: str, at: datetime, payload: str, title: str = "Yes") -> dict[str, Any]:
    return event(psid, at, postback={"title": title, "payload": payload})


def delivery(psid: str, at: datetime, *mids: str, until: datetime | None = None) -> dict[str, Any]:
    named = {"mids": list(mids)} if mids else {}
    return event(psid, at, delivery={**named, "watermark": milliseconds(until or at)})


def read(psid: str, at: datetime, until: datetime | None = None) -> dict[str, Any]:
    return event(psid, at, read={"watermark": milliseconds(until or at)})


def echo(psid: str, at: datetime, mid: str, metadata: str = "") -> dict[str, Any]:
    shown = {"mid": mid, "text": "Hello", "is_echo": True, "app_id": 1, "metadata": metadata}
    return {
        "sender": {"id": PAGE_ID},
        "recipient": {"id": psid},
        "timestamp": milliseconds(at),
        "message": shown,
    }


def policy(at: datetime, action: str, reason: str = "spam") -> dict[str, Any]:
    return {
        "recipient": {"id": PAGE_ID},
        "timestamp": milliseconds(at),
        "policy_enforcement": {"action": action, "reason": reason},
    }


def optin(psid: str, at: datetime, status: str = "") -> dict[str, Any]:
    told = {"notification_messages_status": status} if status else {}
    return event(psid, at, optin={"type": "notification_messages", "payload": "x", **told})


def post_of(*events: dict[str, Any], page_id: str = PAGE_ID) -> bytes:
    """The body of one post, with escaped unicode as Meta sends it."""
    entry = {"id": page_id, "time": 1_795_000_000_000, "messaging": list(events)}
    return json.dumps({"object": "page", "entry": [entry]}, ensure_ascii=True).encode()


def template_judged(name: str, language: str, status: str, at: datetime, reason: str = "NONE") -> dict[str, Any]:
    """A change of the Page, which is no event of a conversation."""
    value = {
        "event": status,
        "message_template_id": 594425479261596,
        "message_template_name": name,
        "message_template_language": language,
        "reason": reason,
    }
    return {"time": round(at.timestamp()), "field": "message_template_status_update", "value": value}


def post_of_changes(*changes: dict[str, Any], page_id: str = PAGE_ID) -> bytes:
    """Each change in an entry of its own; here Meta counts in seconds."""
    entries = [
        {"id": page_id, "time": change["time"], "changes": [{key: change[key] for key in ("field", "value")}]}
        for change in changes
    ]
    return json.dumps({"object": "page", "entry": entries}, ensure_ascii=True).encode()


def signature(body: bytes, secret: str = SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
