"""How Messenger writes each kind of message, and what it cannot (docs/providers/messenger.md)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from channels.messages import (
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

TEXT_LIMIT = 1999  # "less than 2000 characters"
BUTTON_TEXT_LIMIT = 640
BUTTON_LIMIT = 3
QUICK_REPLY_LIMIT = 13
LABEL_LIMIT = 20
PAYLOAD_LIMIT = 1000

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


def problems_of(content: Message) -> list[str]:
    """Stable codes of what Messenger cannot express, each once, in reading order."""
    return list(dict.fromkeys(_problems(content)))


def _problems(content: Message) -> Iterator[str]:
    match content:
        case Text(text=text):
            yield from _text(text, TEXT_LIMIT)
        case Image() | Video() | Audio() | File():
            yield from _attachment(content)
        case Buttons(text=text, buttons=buttons):
            yield from _text(text, BUTTON_TEXT_LIMIT)
            if not 1 <= len(buttons) <= BUTTON_LIMIT:
                yield f"buttons_count:{BUTTON_LIMIT}"
            for button in buttons:
                yield from _button_problems(button)
        case QuickReplies(text=text, replies=replies):
            yield from _text(text, TEXT_LIMIT)
            if not 1 <= len(replies) <= QUICK_REPLY_LIMIT:
                yield f"quick_replies_count:{QUICK_REPLY_LIMIT}"
            for reply in replies:
                yield from _tap(reply.label, reply.payload)
        case Template(name=name, language=language, parameters=parameters, slots=slots):
            if not name or not language:
                yield "template_incomplete"
            if slots and len(slots) != len(parameters):
                yield f"template_parameters:{len(slots)}"


def _text(text: str, limit: int) -> Iterator[str]:
    if not text.strip():
        yield "text_empty"
    if len(text) > limit:
        yield f"text_too_long:{limit}"


def _attachment(content: Image | Video | Audio | File) -> Iterator[str]:
    if not _is_web_address(content.url):
        yield "url_invalid"
    if content.caption:
        yield "caption_unsupported"  # Messenger would need a second message


def _button_problems(button: Button) -> Iterator[str]:
    if not button.url:
        yield from _tap(button.label, button.payload)
        return
    yield from _label(button.label)
    if not _is_web_address(button.url):
        yield "url_invalid"


def _tap(label: str, payload: str) -> Iterator[str]:
    yield from _label(label)
    if not payload:
        yield "payload_empty"
    if len(payload) > PAYLOAD_LIMIT:
        yield f"payload_too_long:{PAYLOAD_LIMIT}"


def _label(label: str) -> Iterator[str]:
    if not label.strip():
        yield "label_empty"
    if len(label) > LABEL_LIMIT:
        yield f"label_too_long:{LABEL_LIMIT}"


def _is_web_address(url: str) -> bool:
    return url.startswith(("https://", "http://")) and len(url) > len("https://")
