"""What a message of the sandbox looks like: plain values for the template, nothing that could run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from channels.admin.pictures import shown_picture
from channels.models import Direction, SandboxMessage

MEDIA = {"image": "image", "video": "movie", "audio": "graphic_eq", "file": "attach_file"}
ROUTES = {"utility_template": _("utility template"), "message_tag": _("message tag")}
NOTIFICATIONS = {"silent_push": _("silent push"), "no_push": _("no push")}
CONTENT_TYPES = {
    "confirmed_event_update": _("confirmed event update"),
    "post_purchase_update": _("post-purchase update"),
    "account_update": _("account update"),
}


def bubble(message: SandboxMessage) -> dict[str, Any]:
    return drawn(message.pk, message.at, message.content, is_answer=message.direction == Direction.FROM_CONTACT)


def drawn(number: int, at: datetime, shown: Any, *, is_answer: bool) -> dict[str, Any]:
    """`taps` are what the person can tap: links, and buttons that answer by their place."""
    envelope = shown if isinstance(shown, dict) else {}
    content = _content(envelope)
    kind = str(content.get("type", "text"))
    return {
        "id": number,
        "at": at,
        "is_answer": is_answer,
        "kind": kind,
        "icon": MEDIA.get(kind, ""),
        "text": str(content.get("text") or content.get("caption") or ""),
        "url": safe_address(content.get("url")),
        "picture": shown_picture(safe_address(content.get("url"))),
        "taps": _taps(content),
        "template": str(content.get("name", "")) if kind == "template" else "",
        "sub_flow": str(content.get("name") or content.get("reference", "")) if kind == "remotesubflow" else "",
        "parameters": [str(value) for value in content.get("parameters") or []],
        "notes": _notes(envelope),
    }


def payload_at(message: SandboxMessage, place: str) -> tuple[str, str] | None:
    """Label and payload of the button at a place of a message that was shown; None when there is no such button."""
    return tap_at(bubble(message)["taps"], place)


def tap_at(taps: Sequence[Mapping[str, Any]], place: str) -> tuple[str, str] | None:
    """Label and payload of the button at this place of a bubble."""
    if not place.isdecimal() or len(place) > 3 or int(place) >= len(taps):
        return None
    tap = taps[int(place)]
    return (tap["label"], tap["payload"]) if tap["payload"] else None


def safe_address(url: Any) -> str:
    """An address that a browser may open, or nothing."""
    text = str(url or "")
    try:
        return text if urlsplit(text).scheme.lower() in ("http", "https") else ""
    except ValueError:
        return ""


def _content(envelope: Mapping[str, Any]) -> Mapping[str, Any]:
    inner = envelope.get("content")
    return inner if isinstance(inner, dict) else envelope


def _taps(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "label": str(tap.get("label", "")),
            "url": safe_address(tap.get("url")),
            "payload": str(tap.get("payload") or ""),
            "place": place,
        }
        for place, tap in enumerate([*(content.get("buttons") or []), *(content.get("replies") or [])])
        if isinstance(tap, dict)
    ]


def _notes(envelope: Mapping[str, Any]) -> list[Any]:
    """How it travelled, where that is worth a word."""
    known = (
        ROUTES.get(str(envelope.get("route", ""))),
        CONTENT_TYPES.get(str(envelope.get("content_type", ""))),
        NOTIFICATIONS.get(str(envelope.get("notification_type", ""))),
    )
    return [note for note in known if note]
