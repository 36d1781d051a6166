"""Telegram bots, the sending half (docs/providers/telegram.md)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import orjson

from channels.backends.base import Backend, Capabilities, server_of
from channels.backends.limits import Finding, Limit, Limits, Unit
from channels.backends.questions import Ask, Identity
from channels.backends.reading import address_of, identity_of, message_id_of, object_at, one_line
from channels.backends.telegram_answers import read_telegram
from channels.content import Audio, Button, Buttons, File, Image, Message, QuickReplies, QuickReply, Text, Video
from channels.messages import Account, DoorResult, HttpCall, NotificationType, Outgoing, Receipt, Recipient

BASE_URL = "https://api.telegram.org"
HEARD = ("message", "callback_query", "my_chat_member")

_MEDIA: dict[type[Message], tuple[str, str]] = {
    Image: ("sendPhoto", "photo"),
    Video: ("sendVideo", "video"),
    Audio: ("sendAudio", "audio"),
    File: ("sendDocument", "document"),
}


class TelegramBackend(Backend):
    """Sends as a bot; nothing of ours travels along, so a message in doubt stays in doubt."""

    kind = "telegram"
    label = "Telegram"
    credential_fields = ("bot_token",)
    optional_credentials = ("secret_token",)
    capabilities = Capabilities(
        reply_window=None,
        silent=True,
        templates=False,
        tags=False,
        after_24_hours_default="never",
        has_time_zone=False,
        receipts=False,
        is_idempotent=False,
        sends_per_second=30.0,
        limits=Limits(
            text=Limit(4096),
            buttons_text=Limit(4096),
            quick_replies_text=Limit(4096),
            caption=Limit(1024),
            payload=Limit(64, Unit.BYTES),
            buttons=100,
            quick_replies=100,
            unsupported=frozenset({"template"}),
        ),
    )

    def build(self, message: Outgoing, to: Recipient, account: Account) -> HttpCall:
        self.refuse_unsupported(message.content)
        method, fields = _written(message.content)
        if message.notification_type is not NotificationType.REGULAR:
            fields["disable_notification"] = True
        return _call(account, method, {"chat_id": to.address, **fields})

    def typing(self, to: Recipient, account: Account) -> HttpCall:
        return _call(account, "sendChatAction", {"chat_id": to.address, "action": "typing"})

    def read(self, result: DoorResult, message: Outgoing) -> Receipt:
        sent = object_at(read_telegram(result), "result")
        number, chat = message_id_of(sent.get("message_id")), address_of(object_at(sent, "chat").get("id"))
        # Groups count their messages each for itself; among people a number is the bot's own.
        return Receipt(f"{chat}/{number}" if number and chat.startswith("-") else number)

    def own_findings(self, content: Message) -> Iterator[Finding]:
        """One button whose address has no real host makes the whole message fail."""
        for place, button in enumerate(content.buttons if isinstance(content, Buttons) else ()):
            if button.url and not _has_real_host(button.url):
                yield Finding(f"buttons.{place}.url", "url_invalid")

    def me(self, account: Account) -> Ask[Identity]:
        return Ask(_call(account, "getMe", {}), _identity)

    def register_webhook(self, account: Account) -> Ask[None]:
        wish = {"url": account.webhook_url, "secret_token": secret_token(account), "allowed_updates": list(HEARD)}
        return Ask(_call(account, "setWebhook", wish), _is_done)


def secret_token(account: Account) -> str:
    """What Telegram shows us with every call: the stored one, else one that only who knows the bot's token can make."""
    key = account.credentials.get("bot_token", "").encode()
    made = hmac.new(key, f"webhook of channel {account.channel_id}".encode(), hashlib.sha256).hexdigest()
    return account.credentials.get("secret_token") or made


def _call(account: Account, method: str, payload: dict[str, Any]) -> HttpCall:
    token = quote(account.credentials.get("bot_token", ""), safe=":")
    headers = (("Content-Type", "application/json"),)
    return HttpCall("POST", f"{server_of(account, BASE_URL)}/bot{token}/{method}", headers, orjson.dumps(payload))


def _written(content: Message) -> tuple[str, dict[str, Any]]:
    """The method and its fields; without a parse_mode every character stands for itself."""
    match content:
        case Text(text=text):
            return "sendMessage", {"text": text}
        case Image() | Video() | Audio() | File():
            method, field = _MEDIA[type(content)]
            return method, {field: content.url, **({"caption": content.caption} if content.caption else {})}
        case Buttons(text=text, buttons=buttons):
            return "sendMessage", {"text": text, "reply_markup": _keyboard(buttons)}
        case QuickReplies(text=text, replies=replies):
            return "sendMessage", {"text": text, "reply_markup": _keyboard(replies)}
        case _:
            raise TypeError("refused before")


def _keyboard(taps: tuple[Button, ...] | tuple[QuickReply, ...]) -> dict[str, Any]:
    """Below the message, one a row: only such buttons hand a payload back."""
    return {"inline_keyboard": [[_button(tap)] for tap in taps]}


def _button(tap: Button | QuickReply) -> dict[str, str]:
    if isinstance(tap, Button) and tap.url:
        return {"text": tap.label, "url": tap.url}
    return {"text": tap.label, "callback_data": tap.payload}


def _has_real_host(url: str) -> bool:
    try:
        return "." in (urlsplit(url).hostname or "").strip(".")
    except ValueError:
        return False


def _identity(result: DoorResult) -> Identity:
    bot = object_at(read_telegram(result), "result")
    number, name = address_of(bot.get("id")), one_line(bot.get("username"), 199)
    return identity_of(number, f"@{name}" if name else "")


def _is_done(result: DoorResult) -> None:
    read_telegram(result)
