"""LINE official accounts, the sending half (docs/providers/line.md)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import orjson

from channels.backends.base import Backend, Capabilities, server_of
from channels.backends.limits import Finding, Limit, Limits, Unit
from channels.backends.line_answers import read_line
from channels.backends.questions import Ask, Identity, Profile
from channels.backends.reading import identity_of, message_id_of, objects, one_line
from channels.backends.stable_id import stable_id
from channels.content import Button, Buttons, Image, Message, QuickReplies, QuickReply, Text
from channels.errors import OutcomeUnknown
from channels.messages import Account, DoorResult, HttpCall, NotificationType, Outgoing, Receipt, Recipient

BASE_URL = "https://api.line.me"


class LineBackend(Backend):
    """Pushes to friends of the account. Our key travels as LINE's retry key: LINE takes a message under it once."""

    kind = "line"
    label = "LINE"
    credential_fields = ("channel_access_token", "channel_secret")
    capabilities = Capabilities(
        reply_window=None,
        silent=True,
        templates=False,
        tags=False,
        after_24_hours_default="never",
        has_time_zone=False,
        receipts=False,
        is_idempotent=True,
        key_valid_for=timedelta(hours=24),
        # LINE takes 2,000 pushes a second of an account.
        sends_per_second=2000.0,
        limits=Limits(
            text=Limit(5000, Unit.UTF16),
            buttons_text=Limit(160, Unit.UTF16),
            quick_replies_text=Limit(5000, Unit.UTF16),
            caption=Limit(5000, Unit.UTF16),
            label=Limit(20, Unit.UTF16),
            payload=Limit(300, Unit.UTF16),
            buttons=4,
            quick_replies=13,
            # Video and audio want a preview or a duration, which nobody gives us; files cannot be sent at all.
            unsupported=frozenset({"video", "audio", "file", "template"}),
        ),
    )

    def build(self, message: Outgoing, to: Recipient, account: Account) -> HttpCall:
        self.refuse_unsupported(message.content)
        payload: dict[str, Any] = {"to": to.address, "messages": _written(message.content)}
        if message.notification_type is not NotificationType.REGULAR:
            payload["notificationDisabled"] = True
        key = stable_id(message.key, to.address, account.channel_id)
        return _call(account, "POST", "message/push", payload, ("X-Line-Retry-Key", key))

    def read(self, result: DoorResult, message: Outgoing) -> Receipt:
        """The id of the last of what was sent; an older LINE answers an empty object."""
        found = read_line(result)
        if found and "sentMessages" not in found:
            raise OutcomeUnknown("an answer that says nothing of messages")
        sent = [message_id_of(one.get("id")) for one in objects(found.get("sentMessages"))]
        return Receipt(sent[-1] if sent else "")

    def own_findings(self, content: Message) -> Iterator[Finding]:
        """LINE fetches pictures over https only."""
        if isinstance(content, Image) and not content.url.startswith("https://"):
            yield Finding("url", "url_invalid")

    def profile(self, address: str, account: Account) -> Ask[Profile]:
        return Ask(_call(account, "GET", f"profile/{quote(address, safe='')}"), _read_profile)

    def me(self, account: Account) -> Ask[Identity]:
        return Ask(_call(account, "GET", "info"), _read_identity)

    def register_webhook(self, account: Account) -> Ask[None]:
        return Ask(_call(account, "PUT", "channel/webhook/endpoint", {"endpoint": account.webhook_url}), _is_done)


def _call(
    account: Account, method: str, path: str, payload: dict[str, Any] | None = None, *more: tuple[str, str]
) -> HttpCall:
    token = account.credentials.get("channel_access_token", "")
    headers = (("Authorization", f"Bearer {token}"), ("Content-Type", "application/json"), *more)
    body = b"" if payload is None else orjson.dumps(payload)
    return HttpCall(method, f"{server_of(account, BASE_URL)}/v2/bot/{path}", headers, body)


def _written(content: Message) -> list[dict[str, Any]]:
    """One push may carry several messages: a caption is the second, and both are taken or neither."""
    match content:
        case Text(text=text):
            return [{"type": "text", "text": text}]
        case Image(url=url, caption=caption):
            picture = {"type": "image", "originalContentUrl": url, "previewImageUrl": url}
            return [picture, {"type": "text", "text": caption}] if caption else [picture]
        case Buttons(text=text, buttons=buttons):
            template = {"type": "buttons", "text": text, "actions": [_action(button) for button in buttons]}
            return [{"type": "template", "altText": text, "template": template}]
        case QuickReplies(text=text, replies=replies):
            items = [{"type": "action", "action": _action(reply)} for reply in replies]
            return [{"type": "text", "text": text, "quickReply": {"items": items}}]
        case _:
            raise TypeError("refused before")


def _action(tap: Button | QuickReply) -> dict[str, str]:
    if isinstance(tap, Button) and tap.url:
        return {"type": "uri", "label": tap.label, "uri": tap.url}
    return {"type": "postback", "label": tap.label, "data": tap.payload, "displayText": tap.label}


def _read_profile(result: DoorResult) -> Profile:
    shown = read_line(result)
    return Profile(first_name=one_line(shown.get("displayName"), 100), language=one_line(shown.get("language"), 20))


def _read_identity(result: DoorResult) -> Identity:
    shown = read_line(result)
    account = identity_of(one_line(shown.get("userId"), 200), shown.get("displayName"))
    return replace(account, provider_id=one_line(shown.get("basicId"), 200) or account.provider_id)


def _is_done(result: DoorResult) -> None:
    read_line(result)
