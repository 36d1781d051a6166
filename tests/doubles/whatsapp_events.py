"""What Meta posts to a WhatsApp number's webhook, as plain values."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from tests.doubles.graph_events import SECRET, VERIFY_TOKEN

NUMBER_ID = "106540352242922"
ACCOUNT_ID = "102290129340398"
CREDENTIALS = {
    "phone_number_id": NUMBER_ID,
    "business_account_id": ACCOUNT_ID,
    "access_token": "system-user-token",
    "app_secret": SECRET,
    "verify_token": VERIFY_TOKEN,
}


def seconds(at: datetime) -> str:
    """A text, as WhatsApp has it."""
    return str(round(at.timestamp()))


def message(
    number: str, at: datetime, text: str = "Hello", *, user: str = "", name: str = "Kerry Fisher", **more: Any
) -> dict[str, Any]:
    """Of a person by their number, by their user id, or by both, with the profile beside it."""
    who = {**({"wa_id": number} if number else {}), **({"user_id": user} if user else {})}
    said: dict[str, Any] = {"id": f"wamid.in.{number or user}.{seconds(at)}", "timestamp": seconds(at)}
    said |= {"from": number} if number else {}
    said |= {"from_user_id": user} if user else {}
    said |= {"type": "text", "text": {"body": text}} if "type" not in more else {}
    return {"contacts": [{"profile": {"name": name}, **who}], "messages": [{**said, **more}]}


def tap(number: str, at: datetime, payload: str, title: str = "Yes") -> dict[str, Any]:
    """A button of a free message was tapped."""
    reply = {"type": "button_reply", "button_reply": {"id": payload, "title": title}}
    return message(number, at, type="interactive", interactive=reply, id=f"wamid.in.{number}.{payload}.{seconds(at)}")


def changed_number(old: str, at: datetime, new: str) -> dict[str, Any]:
    system = {"body": f"{old} changed to {new}", "wa_id": new, "type": "user_changed_number"}
    return message(old, at, type="system", system=system)


def status(
    number: str, at: datetime, wamid: str, what: str = "delivered", key: str = "", error: int | None = None
) -> dict[str, Any]:
    """How far a message of ours came."""
    told: dict[str, Any] = {"id": wamid, "status": what, "timestamp": seconds(at), "recipient_id": number}
    told |= {"biz_opaque_callback_data": key} if key else {}
    if error is not None:
        told["errors"] = [{"code": error, "title": "错误", "error_data": {"details": "错误"}, "href": "https://x"}]
    return {"statuses": [told]}


def preference(number: str, at: datetime, value: str = "stop") -> dict[str, Any]:
    """A change with a field of its own."""
    told = {"wa_id": number, "detail": "x", "category": "marketing_messages", "value": value}
    return {"field": "user_preferences", "user_preferences": [{**told, "timestamp": round(at.timestamp())}]}


def post_of(*values: dict[str, Any], number_id: str = NUMBER_ID) -> bytes:
    """The body of one post, each value in a change of its own, with escaped unicode as Meta sends it."""
    head = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550783881", "phone_number_id": number_id},
    }
    changes = [
        {
            "field": value.get("field", "messages"),
            "value": {**head, **{key: told for key, told in value.items() if key != "field"}},
        }
        for value in values
    ]
    return json.dumps(
        {"object": "whatsapp_business_account", "entry": [{"id": ACCOUNT_ID, "changes": changes}]}
    ).encode()


def template_judged(name: str, language: str, word: str, at: datetime) -> bytes:
    """A post about a template of the account."""
    value = {"event": word, "message_template_name": name, "message_template_language": language, "reason": "NONE"}
    change = {"field": "message_template_status_update", "value": value}
    entry = {"id": ACCOUNT_ID, "time": round(at.timestamp()), "changes": [change]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()
