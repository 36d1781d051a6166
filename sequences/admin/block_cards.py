"""One block of a sub-flow as a card of the editor, both ways; the type decides which of its fields count."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from sequences.admin.tap_rows import NEW_TAP, TapRow
from sequences.admin.tap_rows import values_of as values_of_tap
from sequences.admin.typed import kept_line, kept_text
from sequences.rules.blocks import TARGETS
from sequences.rules.shapes import is_blank

TYPES = [
    ("text", _("Text"), "chat_bubble"),
    ("image", _("Image"), "image"),
    ("video", _("Video"), "movie"),
    ("audio", _("Audio"), "graphic_eq"),
    ("file", _("File"), "attach_file"),
    ("buttons", _("Text with buttons"), "smart_button"),
    ("quick_replies", _("Text with quick replies"), "quickreply"),
    ("pause", _("Pause"), "hourglass_empty"),
    ("action", _("Action"), "bolt"),
]
ACTIONS = [
    ("subscribe", _("Subscribe to a sequence")),
    ("unsubscribe", _("Unsubscribe from a sequence")),
    ("add_tag", _("Add a tag")),
    ("remove_tag", _("Remove a tag")),
]
FIELDS = ("type", "text", "url", "seconds", "action", "sequence", "tag")
MEDIA = ("image", "video", "audio", "file")
SPARE_TAPS = 3
TAPS = {"buttons": "buttons", "quick_replies": "replies"}

_WHOLE_NUMBER = re.compile("-?[0-9]{1,9}")


@dataclass
class BlockCard:
    """`values` are texts as a form holds them; `stored` is the stored block that this card shows."""

    prefix: str
    values: dict[str, str]
    taps: list[TapRow] = field(default_factory=list)
    stored: Mapping[str, Any] | None = None
    place_of_stored: str = ""
    place: str = ""
    is_added: bool = False
    is_deleted: bool = False
    problems: dict[str, list[Any]] = field(default_factory=dict)

    @property
    def counts(self) -> bool:
        """Whether it is stored: the empty card that a new sub-flow begins with is not, until somebody writes in it."""
        if self.is_deleted:
            return False
        written = any(self.values[name].strip() for name in ("text", "url", "seconds", "sequence", "tag"))
        chosen = self.values["type"] not in ("", "text")
        return written or chosen or self.is_added or self.stored is not None or any(tap.counts for tap in self.taps)

    @property
    def has_problems(self) -> bool:
        return bool(self.problems) or any(tap.problems for tap in self.taps)

    def spare_taps(self) -> list[TapRow]:
        """Empty rows for a browser without the script, where the type takes buttons or is yet to be chosen."""
        if self.values["type"] and self.values["type"] not in TAPS:
            return []
        used = [int(tap.prefix.rpartition("-")[2]) for tap in self.taps]
        first = max(used, default=-1) + 1
        return [TapRow(f"{self.prefix}-taps-{first + more}", dict(NEW_TAP)) for more in range(SPARE_TAPS)]

    def live_taps(self) -> list[TapRow]:
        return in_order([tap for tap in self.taps if tap.counts])

    def block(self) -> dict[str, Any]:
        """The block as it is stored: the stored one itself while nothing of it was changed."""
        taps = [tap.tap() for tap in self.live_taps()]
        if self.stored is None:
            plain = {name: kept_line(text, "") for name, text in self.values.items() if name != "text"}
            return _block({**plain, "text": kept_text(self.values["text"], "")}, taps)
        shown = values_of(self.stored)
        kept = {name: kept_line(self.values[name], shown[name]) for name in FIELDS}
        built = _block({**kept, "text": kept_text(self.values["text"], shown["text"])}, taps)
        return dict(self.stored) if built == _block(shown, _taps_of(self.stored)) else built

    def show(self, parts: list[str], sentence: Any) -> None:
        """A problem below this block, by the rest of its path: on its own field or on the row of its button."""
        taps = self.live_taps()
        if len(parts) > 1 and parts[0] in TAPS.values() and parts[1].isdecimal() and int(parts[1]) < len(taps):
            taps[int(parts[1])].show(parts[2:], sentence, is_reply=parts[0] == "replies")
            return
        first = parts[0] if parts else ""
        name = {"caption": "text", "buttons": "taps", "replies": "taps"}.get(first, first)
        self.problems.setdefault(name if name in FIELDS or name == "taps" else "type", []).append(sentence)


def values_of(block: Mapping[str, Any]) -> dict[str, str]:
    """What the card of a stored block shows."""
    text = block.get("caption") if block.get("type") in MEDIA else block.get("text")
    found = {"type": block.get("type"), "text": text}
    found |= {name: block.get(name) for name in ("url", "seconds", "action", "sequence", "tag")}
    return {name: "" if is_blank(value) else str(value) for name, value in found.items()}


def card_of(block: Mapping[str, Any], number: int) -> BlockCard:
    """The card of a stored block."""
    prefix = f"blocks-{number}"
    rows = [
        TapRow(f"{prefix}-taps-{place}", values_of_tap(tap), stored=tap, place_of_stored=str(place))
        for place, tap in enumerate(_taps_of(block))
    ]
    return BlockCard(prefix, values_of(block), rows, stored=block, place_of_stored=str(number))


def in_order(rows: list[Any]) -> list[Any]:
    """By the numbers that people gave, else as the form sent them; a row without a number comes last."""
    return sorted(rows, key=lambda row: int(row.place) if _WHOLE_NUMBER.fullmatch(row.place) else 10**9)


def _taps_of(block: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    taps = block.get(TAPS.get(str(block.get("type")), ""))
    return [tap for tap in taps if isinstance(tap, Mapping)] if isinstance(taps, list) else []


def _block(values: Mapping[str, str], taps: list[Any]) -> dict[str, Any]:
    kind, text = values["type"] or "text", values["text"]
    if kind in MEDIA:
        caption = {"caption": text} if text.strip() else {}
        return {"type": kind, "url": values["url"], **caption}
    if kind in TAPS:
        return {"type": kind, "text": text, TAPS[kind]: list(taps)}
    if kind == "pause":
        seconds = values["seconds"]
        number = int(seconds) if _WHOLE_NUMBER.fullmatch(seconds) else seconds
        return {"type": kind, "seconds": number}
    if kind == "action":
        target = TARGETS.get(values["action"], "sequence")
        return {"type": kind, "action": values["action"], target: values[target]}
    return {"type": kind, "text": text}
