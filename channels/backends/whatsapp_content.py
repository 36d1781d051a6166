"""How WhatsApp writes each kind of message, and what it cannot (docs/providers/whatsapp.md)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

from channels.backends.limits import Finding, Limit, Limits
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
    text=Limit(4096),
    buttons_text=Limit(1024),
    quick_replies_text=Limit(1024),
    caption=Limit(1024),
    label=Limit(20),
    payload=Limit(256),
    buttons=3,
    quick_replies=3,
    without_caption=frozenset({"audio"}),
)

_HEADER_MEDIA = {
    Place.HEADER_IMAGE: "image",
    Place.HEADER_VIDEO: "video",
    Place.HEADER_DOCUMENT: "document",
}
_BUTTONS = {Place.URL_BUTTON: ("url", "text"), Place.POSTBACK_BUTTON: ("quick_reply", "payload")}


def mixed_buttons(content: Message) -> Iterator[Finding]:
    """A button with an address stands alone: WhatsApp knows no message with two, or with other buttons beside it."""
    if isinstance(content, Buttons) and len(content.buttons) > 1 and any(one.url for one in content.buttons):
        yield Finding("buttons", "address_button_alone")


def written(content: Message) -> dict[str, Any]:
    """`type`, and the object that it names."""
    match content:
        case Text(text=text):
            return {"type": "text", "text": {"preview_url": False, "body": text}}
        case Image():
            return {"type": "image", "image": _media(content)}
        case Video():
            return {"type": "video", "video": _media(content)}
        case Audio(url=url):
            return {"type": "audio", "audio": {"link": url}}
        case File(url=url):
            return {"type": "document", "document": {**_media(content), **_file_name(url)}}
        case Buttons(text=text, buttons=(Button(url=url) as button,)) if url:
            action = {"name": "cta_url", "parameters": {"display_text": button.label, "url": url}}
            return {"type": "interactive", "interactive": {"type": "cta_url", "body": {"text": text}, "action": action}}
        case Buttons(text=text, buttons=taps):
            return _taps(text, taps)
        case QuickReplies(text=text, replies=taps):
            return _taps(text, taps)
        case Template():
            return {"type": "template", "template": _template(content)}
        case _:
            raise TypeError("refused before")


def _taps(text: str, taps: tuple[Button, ...] | tuple[QuickReply, ...]) -> dict[str, Any]:
    buttons = [{"type": "reply", "reply": {"id": one.payload, "title": one.label}} for one in taps]
    interactive = {"type": "button", "body": {"text": text}, "action": {"buttons": buttons}}
    return {"type": "interactive", "interactive": interactive}


def _media(content: Image | Video | File) -> dict[str, str]:
    return {"link": content.url, **({"caption": content.caption} if content.caption else {})}


def _file_name(url: str) -> dict[str, str]:
    """What the person sees of a document; the end of its address, where that says anything."""
    name = unquote(urlsplit(url).path.rpartition("/")[2])
    return {"filename": name[:240]} if name else {}


def _template(template: Template) -> dict[str, Any]:
    body: dict[str, Any] = {"name": template.name, "language": {"policy": "deterministic", "code": template.language}}
    if components := list(_components(template)):
        body["components"] = components
    return body


def _components(template: Template) -> Iterator[dict[str, Any]]:
    """Header and body with their parameters in order, each button by its place; without slots all are the body's.

    A quick reply without a payload of its own answers with its label, as WhatsApp has it.
    """
    slots = template.slots or (Slot(),) * len(template.parameters)
    header: list[dict[str, Any]] = []
    body: list[dict[str, Any]] = []
    buttons: list[dict[str, Any]] = []
    for slot, text in zip(slots, template.parameters, strict=True):
        if slot.place in _BUTTONS:
            sub_type, kind = _BUTTONS[slot.place]
            parameters = [{"type": kind, kind: text}]
            if text:
                buttons.append({"type": "button", "sub_type": sub_type, "index": slot.name, "parameters": parameters})
        elif slot.place in _HEADER_MEDIA:
            kind = _HEADER_MEDIA[slot.place]
            header.append({"type": kind, kind: {"link": text}})
        else:
            named = {"parameter_name": slot.name} if slot.name else {}
            (body if slot.place is Place.BODY else header).append({"type": "text", **named, "text": text})
    for kind, parameters in (("header", header), ("body", body)):
        if parameters:
            yield {"type": kind, "parameters": parameters}
    yield from buttons
