"""What a person would see of some blocks on one kind of channel: plain values for the template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from django.utils.translation import gettext_lazy as _

from channels.admin.pictures import shown_picture
from channels.backends import Backend
from channels.backends.segments import segments_of
from channels.content import Audio, Button, Buttons, File, Image, Message, QuickReplies, Text, Video
from sequences.admin.finding_words import finding_sentence
from sequences.admin.segment_words import segment_sentence
from sequences.rules.blocks import check_blocks
from sequences.rules.payloads import ButtonAction, decode
from sequences.rules.rendering import ActionPart, MessagePart, Part, PausePart, RenderingFailed, render
from sequences.sentences import sentence

ICONS = {Image: "image", Video: "movie", Audio: "graphic_eq", File: "attach_file"}
DEEDS = {
    "subscribe": _("subscribes to “%(what)s”"),
    "unsubscribe": _("unsubscribes from “%(what)s”"),
    "add_tag": _("adds the tag “%(what)s”"),
    "remove_tag": _("removes the tag “%(what)s”"),
}
FAILURES = {
    "empty_text": _("For this person the text is empty: give the placeholder a fallback."),
    "empty_label": _("For this person the label is empty: give the placeholder a fallback."),
    "invalid_url": _("For this person the address is none that a browser can open."),
}
NOT_READY = _("not finished yet")

Values = Mapping[str, Any]
Names = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Tap:
    label: str
    icon: str = ""
    what: str = ""


@dataclass(frozen=True, slots=True)
class Bubble:
    """`kind` is message, pause, action or unfinished; `problems` are sentences; `image` may be loaded, `file` not.

    `note` is what is worth knowing of a message that has no problem."""

    kind: str
    text: str = ""
    icon: str = ""
    file: str = ""
    image: str = ""
    buttons: list[Tap] = field(default_factory=list)
    replies: list[Tap] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    note: str = ""


@dataclass(frozen=True, slots=True)
class Phone:
    """Whose eyes, by which backend; `names` are the sequences' by public id, `origin` is our own host."""

    backend: Backend
    values: Values
    names: Names
    origin: str = ""

    def bubbles(self, blocks: Sequence[Any]) -> list[Bubble]:
        return [self._bubble(block) for block in blocks]

    def _bubble(self, block: Any) -> Bubble:
        if check_blocks([block]):
            return _unfinished(block)
        try:
            (part,) = render([block], self.values)
        except RenderingFailed as failed:
            return Bubble("unfinished", str(block.get("text") or ""), problems=[failure_sentence(failed.detail)])
        return self._of_part(part)

    def _of_part(self, part: Part) -> Bubble:
        match part:
            case PausePart(seconds=seconds):
                return Bubble("pause", _("waits %(seconds)s s") % {"seconds": seconds})
            case ActionPart(verb=verb):
                return Bubble("action", self._deed(ButtonAction(verb, part.sequence, part.tag)), icon="bolt")
            case MessagePart(content=content):
                return self._of_content(content)

    def _of_content(self, content: Message) -> Bubble:
        said = [finding_sentence(found.code, found.most, self.backend) for found in self.backend.findings(content)]
        problems = list(dict.fromkeys(said))
        match content:
            case Text(text=text):
                return Bubble("message", text, problems=problems, note=self._note(text))
            case Buttons(text=text, buttons=buttons):
                return Bubble("message", text, buttons=[self._tap(one) for one in buttons], problems=problems)
            case QuickReplies(text=text, replies=replies):
                taps = [self._tap(Button(one.label, payload=one.payload)) for one in replies]
                return Bubble("message", text, replies=taps, problems=problems)
            case Image() | Video() | Audio() | File():
                return self._of_media(content, problems)
        return Bubble("message", problems=problems)

    def _note(self, text: str) -> str:
        goes_in_segments = self.backend.capabilities.limits.goes_in_segments
        return segment_sentence(segments_of(text), self.backend) if goes_in_segments else ""

    def _of_media(self, content: Image | Video | Audio | File, problems: list[str]) -> Bubble:
        picture = shown_picture(content.url) if isinstance(content, Image) else ""
        is_ours = picture != "" and _origin(picture) in ("://", self.origin)
        has_caption = not any(found.code == "caption_unsupported" for found in self.backend.findings(content))
        return Bubble(
            "message",
            content.caption if has_caption else "",
            ICONS[type(content)],
            file_name(content.url),
            picture if is_ours else "",
            problems=problems,
        )

    def _tap(self, button: Button) -> Tap:
        if button.url:
            return Tap(button.label, "open_in_new", unquote(button.url))
        action, _payload = decode(button.payload)
        return Tap(button.label, "bolt", self._deed(action)) if action else Tap(button.label)

    def _deed(self, action: ButtonAction) -> str:
        what = action.tag or self.names.get(action.sequence, action.sequence)
        return str(DEEDS[action.verb]) % {"what": what}


def failure_sentence(detail: str) -> str:
    """Why a block cannot be made for one person."""
    return str(FAILURES.get(detail) or sentence("rendering_failed"))


def file_name(url: str) -> str:
    """What a person recognises of an address: its last part, else its host."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url[:60]
    return (unquote(parts.path.rstrip("/").rpartition("/")[2]) or parts.hostname or url)[:60]


def _unfinished(block: Any) -> Bubble:
    given = block if isinstance(block, Mapping) else {}
    said = next((str(given[key]) for key in ("text", "caption", "url", "tag") if given.get(key)), "")
    return Bubble("unfinished", said[:2000] or str(NOT_READY))


def _origin(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}"
