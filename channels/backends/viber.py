"""Viber bots, the sending half (docs/providers/viber.md)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from channels.backends.base import Backend, Capabilities, Setting, server_of
from channels.backends.limits import Limit, Limits
from channels.backends.questions import Ask, Identity, Profile
from channels.backends.reading import identity_of, message_id_of, object_at, one_line
from channels.backends.viber_answers import read_viber
from channels.content import Button, Buttons, Image, Message, QuickReplies, QuickReply, Text
from channels.messages import Account, DoorResult, HttpCall, Outgoing, Receipt, Recipient

BASE_URL = "https://chatapi.viber.com"
EVENTS = ("delivered", "seen", "failed", "subscribed", "unsubscribed", "conversation_started", "message")
TAP = "tap:"  # what a tapped button writes in its person's name begins so; what people type themselves does not
PLAIN, WITH_SILENT_BUTTONS = 1, 6  # the API versions that a phone must speak


class ViberBackend(Backend):
    """Sends as a bot; our key travels as tracking data."""

    kind = "viber"
    label = "Viber"
    credential_fields = ("auth_token",)
    own_settings = (
        Setting("sender_name", is_required=True, pattern=r".{1,28}", example="Northern Books"),
        Setting("sender_avatar", pattern=r"https://\S{1,400}", example="https://shop.example/avatar.png"),
    )
    capabilities = Capabilities(
        reply_window=None,
        silent=False,
        templates=False,
        tags=False,
        after_24_hours_default="never",
        has_time_zone=False,
        receipts=True,
        fails_late=True,
        is_idempotent=False,
        sends_per_second=50.0,
        limits=Limits(
            text=Limit(7000),
            buttons_text=Limit(7000),
            quick_replies_text=Limit(7000),
            caption=Limit(512),
            label=Limit(250),
            payload=Limit(240),
            buttons=24,
            quick_replies=24,
            # Video and files want their size, which nobody gives us; there is no audio.
            unsupported=frozenset({"video", "audio", "file", "template"}),
        ),
    )

    def build(self, message: Outgoing, to: Recipient, account: Account) -> HttpCall:
        self.refuse_unsupported(message.content)
        payload = {
            "receiver": to.address,
            "min_api_version": PLAIN,
            "sender": _sender(account),
            "tracking_data": message.key,
            **_written(message.content),
        }
        return _call(account, "send_message", payload)

    def read(self, result: DoorResult, message: Outgoing) -> Receipt:
        """The token has more digits than a float can hold: it stays a whole number."""
        return Receipt(message_id_of(read_viber(result).get("message_token")))

    def profile(self, address: str, account: Account) -> Ask[Profile]:
        return Ask(_call(account, "get_user_details", {"id": address}), _read_profile)

    def me(self, account: Account) -> Ask[Identity]:
        return Ask(_call(account, "get_account_info", {}), _read_identity)

    def register_webhook(self, account: Account) -> Ask[None]:
        wish = {"url": account.webhook_url, "event_types": list(EVENTS), "send_name": True}
        return Ask(_call(account, "set_webhook", wish), _is_done)


def profile_in(user: dict[str, Any]) -> Profile:
    """Viber knows one name; there is no time zone."""
    return Profile(first_name=one_line(user.get("name"), 100), language=one_line(user.get("language"), 20))


def _call(account: Account, method: str, payload: dict[str, Any]) -> HttpCall:
    token = account.credentials.get("auth_token", "")
    headers = (("X-Viber-Auth-Token", token), ("Content-Type", "application/json"))
    return HttpCall("POST", f"{server_of(account, BASE_URL)}/pa/{method}", headers, orjson.dumps(payload))


def _sender(account: Account) -> dict[str, str]:
    name, avatar = account.settings.get("sender_name"), account.settings.get("sender_avatar")
    return {"name": str(name or "")[:28], **({"avatar": str(avatar)} if avatar else {})}


def _written(content: Message) -> dict[str, Any]:
    match content:
        case Text(text=text):
            return {"type": "text", "text": text}
        case Image(url=url, caption=caption):
            return {"type": "picture", "text": caption, "media": url}
        case Buttons(text=text, buttons=taps) | QuickReplies(text=text, replies=taps):
            return {"type": "text", "text": text, "min_api_version": WITH_SILENT_BUTTONS, "keyboard": _keyboard(taps)}
        case _:
            raise TypeError("refused before")


def _keyboard(taps: Sequence[Button | QuickReply]) -> dict[str, Any]:
    return {"Type": "keyboard", "DefaultHeight": False, "Buttons": [_button(tap) for tap in taps]}


def _button(tap: Button | QuickReply) -> dict[str, Any]:
    """Silent: what it writes for the program is not shown in the person's chat."""
    look = {"Text": tap.label, "TextSize": "regular", "Columns": 6, "Rows": 1, "Silent": True}
    if isinstance(tap, Button) and tap.url:
        return {"ActionType": "open-url", "ActionBody": tap.url, **look}
    return {"ActionType": "reply", "ActionBody": TAP + tap.payload, **look}


def _read_profile(result: DoorResult) -> Profile:
    return profile_in(object_at(read_viber(result), "user"))


def _read_identity(result: DoorResult) -> Identity:
    shown = read_viber(result)
    return identity_of(one_line(shown.get("id"), 200), shown.get("name"))


def _is_done(result: DoorResult) -> None:
    read_viber(result)
