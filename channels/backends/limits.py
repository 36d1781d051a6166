"""How much a kind of channel takes, as data: the backend's own check, the form and the preview read the same table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from channels.content import (
    Audio,
    Block,
    Button,
    Buttons,
    File,
    Image,
    Letter,
    Message,
    QuickReplies,
    QuickReply,
    RemoteSubFlow,
    Template,
    Text,
    Video,
)

BLOCK_KINDS = {
    Text: "text",
    Image: "image",
    Video: "video",
    Audio: "audio",
    File: "file",
    Buttons: "buttons",
    QuickReplies: "quick_replies",
    Template: "template",
    RemoteSubFlow: "sub_flow",
}


class Unit(StrEnum):
    """What a provider counts."""

    CHARACTERS = "characters"
    UTF16 = "utf16"  # code units: most emoji count as two
    BYTES = "bytes"  # of UTF-8


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so much of a text, in the provider's unit."""

    most: int
    unit: Unit = Unit.CHARACTERS

    def size(self, text: str) -> int:
        if self.unit is Unit.CHARACTERS:
            return len(text)
        if self.unit is Unit.UTF16:
            return len(text.encode("utf-16-le", "surrogatepass")) // 2
        return len(text.encode("utf-8", "surrogatepass"))

    def left(self, text: str) -> int:
        """What is left; below zero what is too much."""
        return self.most - self.size(text)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a kind takes of each block; None is no limit that anybody knows of.

    `unsupported` names kinds of blocks (rules/blocks.py) that it cannot send at all, `without_caption` those of media
    that it sends, but not with a text. `answers`: whether a button may answer with a word, besides opening an address.
    `goes_in_segments`: a text is paid for by the segment (segments.py).
    """

    text: Limit | None = None
    buttons_text: Limit | None = None
    quick_replies_text: Limit | None = None
    caption: Limit | None = None
    label: Limit | None = None
    payload: Limit | None = None
    buttons: int | None = None
    quick_replies: int | None = None
    answers: bool = True
    unsupported: frozenset[str] = frozenset()
    without_caption: frozenset[str] = frozenset()
    goes_in_segments: bool = False

    def of_text(self, block_kind: str) -> Limit | None:
        """The limit of the text, or the caption, that a block of this kind carries."""
        texts = {"text": self.text, "buttons": self.buttons_text, "quick_replies": self.quick_replies_text}
        return texts.get(block_kind, self.caption)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a kind cannot express: a stable code, and where in the content (`buttons.0.label`) it is."""

    at: str
    code: str
    most: int | None = None

    def __str__(self) -> str:
        return self.code if self.most is None else f"{self.code}:{self.most}"


def findings(content: Message, limits: Limits) -> list[Finding]:
    """Everything in `content` that a kind with these limits cannot express, in reading order."""
    if isinstance(content, Letter):
        of_blocks = [(place, findings(block, limits)) for place, block in enumerate(content.blocks)]
        return [replace(one, at=f"{place}.{one.at}") for place, found in of_blocks for one in found]
    if BLOCK_KINDS[type(content)] in limits.unsupported:
        return [Finding("", "unsupported")]
    return _text("text", content.text, limits.text) if isinstance(content, Text) else list(_findings(content, limits))


def _findings(content: Block, limits: Limits) -> Iterator[Finding]:
    match content:
        case Image() | Video() | Audio() | File():
            yield from _attachment(content, limits)
        case Buttons(text=text, buttons=buttons):
            yield from _text("text", text, limits.buttons_text)
            yield from _count("buttons", len(buttons), limits.buttons)
            for place, button in enumerate(buttons):
                yield from _button(f"buttons.{place}", button, limits)
        case QuickReplies(text=text, replies=replies):
            yield from _text("text", text, limits.quick_replies_text)
            yield from _count("quick_replies", len(replies), limits.quick_replies)
            for place, reply in enumerate(replies):
                yield from _tap(f"replies.{place}", reply, limits)
        case Template(name=name, language=language, parameters=parameters, slots=slots):
            if not name or not language:
                yield Finding("", "template_incomplete")
            if slots and len(slots) != len(parameters):
                yield Finding("", "template_parameters", len(slots))
        case RemoteSubFlow(reference=reference):
            if not reference.strip():
                yield Finding("", "sub_flow_missing")


def _text(at: str, text: str, limit: Limit | None) -> list[Finding]:
    too_long = _size(at, f"{at}_too_long", text, limit)
    return too_long if text and not text.isspace() else [Finding(at, f"{at}_empty"), *too_long]


def _size(at: str, code: str, text: str, limit: Limit | None) -> list[Finding]:
    return [Finding(at, code, limit.most)] if limit and limit.left(text) < 0 else []


def _count(of: str, count: int, most: int | None) -> Iterator[Finding]:
    if not count or (most is not None and count > most):
        yield Finding("buttons" if of == "buttons" else "replies", f"{of}_count", most)


def _attachment(content: Image | Video | Audio | File, limits: Limits) -> Iterator[Finding]:
    if not _is_web_address(content.url):
        yield Finding("url", "url_invalid")
    if content.caption and BLOCK_KINDS[type(content)] in limits.without_caption:
        yield Finding("caption", "caption_unsupported")
    else:
        yield from _size("caption", "caption_too_long", content.caption, limits.caption)


def _button(at: str, button: Button, limits: Limits) -> Iterator[Finding]:
    if not button.url and not limits.answers:
        yield Finding(f"{at}.payload", "answers_unsupported")
        return
    if not button.url:
        yield from _tap(at, button, limits)
        return
    yield from _label(at, button.label, limits)
    if not _is_web_address(button.url):
        yield Finding(f"{at}.url", "url_invalid")


def _tap(at: str, tap: Button | QuickReply, limits: Limits) -> Iterator[Finding]:
    yield from _label(at, tap.label, limits)
    if not tap.payload:
        yield Finding(f"{at}.payload", "payload_empty")
    yield from _size(f"{at}.payload", "payload_too_long", tap.payload, limits.payload)


def _label(at: str, label: str, limits: Limits) -> Iterator[Finding]:
    if not label.strip():
        yield Finding(f"{at}.label", "label_empty")
    yield from _size(f"{at}.label", "label_too_long", label, limits.label)


def _is_web_address(url: str) -> bool:
    return url.startswith(("https://", "http://")) and len(url) > len("https://")
