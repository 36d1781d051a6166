"""How Messenger writes each kind of message, and what it cannot (docs/providers/messenger.md)."""

from __future__ import annotations

from typing import Any

from channels.backends.limits import Limit, Limits
from channels.content import (
    Audio,
    Button,
    Buttons,
    File,
    Image,
    Message,
    Place,
    QuickReplies,
    QuickReply,
    Slot,
    Template,
    Text,
    Video,
)

LIMITS = Limits(
    text=Limit(1999),  # "less than 2000 characters"
    buttons_text=Limit(640),
    quick_replies_text=Limit(1999),
    label=Limit(20),
    payload=Limit(1000),
    buttons=3,
    quick_replies=13,
    without_caption=frozenset({"image", "video", "audio", "file"}),  # a caption would need a second message
)

_ATTACHMENTS: dict[type[Message], str] = {Image: "image", Video: "video", Audio: "audio", File: "file"}


def written(content: Message) -> dict[str, Any]:
    """The `message` object, without metadata."""
    match content:
        case Text(text=text):
            return {"text": text}
        case Image() | Video() | Audio() | File():
            return {"attachment": {"type": _ATTACHMENTS[type(content)], "payload": {"url": content.url}}}
        case Buttons(text=text, buttons=buttons):
            payload = {"template_type": "button", "text": text, "buttons": [_button(one) for one in buttons]}
            return {"attachment": {"type": "template", "payload": payload}}
        case QuickReplies(text=text, replies=replies):
            return {"text": text, "quick_replies": [_quick_reply(one) for one in replies]}
        case Template():
            return {"template": _template(content)}
        case _:
            raise TypeError("refused before")


def _button(button: Button) -> dict[str, str]:
    if button.url:
        return {"type": "web_url", "url": button.url, "title": button.label}
    return {"type": "postback", "title": button.label, "payload": button.payload}


def _quick_reply(reply: QuickReply) -> dict[str, str]:
    return {"content_type": "text", "title": reply.label, "payload": reply.payload}


def _template(template: Template) -> dict[str, Any]:
    body: dict[str, Any] = {"name": template.name, "language": {"code": template.language}}
    if components := _components(template):
        body["components"] = components
    return body


def _components(template: Template) -> list[dict[str, Any]]:
    """The parameters where each belongs; without slots they are the body's, counted."""
    slots = template.slots or (Slot(),) * len(template.parameters)
    found: dict[str, list[dict[str, str]]] = {"header": [], "body": [], "buttons": []}
    for slot, text in zip(slots, template.parameters, strict=True):
        match slot.place:
            case Place.URL_BUTTON:
                found["buttons"].append({"type": "URL", "url": text})
            case Place.POSTBACK_BUTTON:
                found["buttons"].append({"type": "POSTBACK", "payload": text})
            case place:
                named = {"parameter_name": slot.name} if slot.name else {}
                found[place.value].append({"type": "text", **named, "text": text})
    return [{"type": kind, "parameters": parameters} for kind, parameters in found.items() if parameters]
