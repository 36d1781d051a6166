"""What is said at each field of the editor while somebody types: mistakes, what a channel cannot show, what is left."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import ngettext

from channels.backends import Backend
from channels.backends.limits import Limit, Unit
from channels.backends.segments import segments_of
from sequences.admin.block_cards import MEDIA, BlockCard
from sequences.admin.block_list import BlockList
from sequences.admin.finding_words import finding_sentence
from sequences.admin.phone import failure_sentence
from sequences.admin.segment_words import segment_sentence
from sequences.rules.blocks import check_blocks
from sequences.rules.placeholders import PlaceholderError, compile_text
from sequences.rules.rendering import MessagePart, RenderingFailed, render

Explain = Callable[[str, Mapping[str, Any]], Any]
NEAR = 0.8  # from this share of a limit on what is left is worth a look
# Nobody needs to be told at once that what they are about to write is still missing.
_STILL_MISSING = {"required", "url_or_payload"}
# Said with the number of what is too much instead.
_COUNTED = {"text_too_long", "caption_too_long", "label_too_long"}
# What the block itself is refused for, or what a quick reply gets by itself when it is stored.
_MISSING = {"text_empty", "label_empty", "payload_empty", "url_invalid"}


@dataclass(frozen=True, slots=True)
class Note:
    """`field` is a field's name in the form; `level` is quiet, near or bad."""

    field: str
    level: str
    words: str


def notes(shown: BlockList, values: Mapping[str, Any], backends: Sequence[Backend], explain: Explain) -> Iterator[Note]:
    """Every note of a form, for one person; what is only missing yet is left out."""
    for card in shown.live:
        block = card.block()
        yield from _of_labels(card, values, backends)
        if problems := [one for one in check_blocks([block]) if one.code not in _STILL_MISSING]:
            for one in problems:
                yield Note(_field(card, one.field.split(".")[2:]), "bad", str(explain(one.code, one.params)))
        else:
            yield from _of_block(card, block, values, backends)


def _of_block(
    card: BlockCard, block: dict[str, Any], values: Mapping[str, Any], backends: Sequence[Backend]
) -> Iterator[Note]:
    yield from _left(f"{card.prefix}-text", _filled(card.values["text"], values), block["type"], backends)
    if check_blocks([block]):
        return
    try:
        (part,) = render([block], values)
    except RenderingFailed as failed:
        yield Note(f"{card.prefix}-type", "near", failure_sentence(failed.detail))
        return
    if not isinstance(part, MessagePart):
        return
    for backend in backends:
        for found in backend.findings(part.content):
            if found.code not in _COUNTED | _MISSING:
                yield Note(_field(card, found.at.split(".")), "bad", finding_sentence(found.code, found.most, backend))


def _of_labels(card: BlockCard, values: Mapping[str, Any], backends: Sequence[Backend]) -> Iterator[Note]:
    if card.values["type"] in ("buttons", "quick_replies"):
        for tap in card.live_taps():
            filled = _filled(tap.values["label"], values)
            limits = [(backend, backend.capabilities.limits.label) for backend in backends]
            yield from _counted(f"{tap.prefix}-label", filled, limits)


def _left(name: str, text: str | None, kind: str, backends: Sequence[Backend]) -> Iterator[Note]:
    limits = [(backend, backend.capabilities.limits) for backend in backends]
    able = [(backend, one.of_text(kind)) for backend, one in limits if kind not in one.without_caption]
    if kind in ("text", "buttons", "quick_replies", *MEDIA):
        yield from _counted(name, text, able)
    for backend in backends if kind == "text" and text else ():
        if backend.capabilities.limits.goes_in_segments:
            found = segments_of(text or "")
            yield Note(name, "near" if found.forced_by else "quiet", segment_sentence(found, backend))


def _counted(name: str, text: str | None, limits: Sequence[tuple[Backend, Limit | None]]) -> Iterator[Note]:
    """What is left where it is least; of channels that all are exceeded each is named."""
    known = sorted((limit.left(text), backend.label, limit) for backend, limit in limits if limit and text)
    too_much = [one for one in known if one[0] < 0]
    for left, label, limit in too_much or known[:1]:
        is_near = text is not None and limit.size(text) > limit.most * NEAR
        yield Note(name, "bad" if left < 0 else "near" if is_near else "quiet", _amount(left, limit.unit, label))


def _amount(left: int, unit: Unit, channel: str) -> str:
    count = abs(left)
    if unit is Unit.BYTES:
        words = (
            ngettext("%(channel)s: %(count)s byte left", "%(channel)s: %(count)s bytes left", count)
            if left >= 0
            else ngettext("%(channel)s: %(count)s byte too much", "%(channel)s: %(count)s bytes too much", count)
        )
    elif left >= 0:
        words = ngettext("%(channel)s: %(count)s character left", "%(channel)s: %(count)s characters left", count)
    else:
        words = ngettext(
            "%(channel)s: %(count)s character too many", "%(channel)s: %(count)s characters too many", count
        )
    return words % {"channel": channel, "count": count}


def _filled(text: str, values: Mapping[str, Any]) -> str | None:
    try:
        return compile_text(text.replace("\r\n", "\n")).fill(values)
    except PlaceholderError:
        return None


def _field(card: BlockCard, parts: list[str]) -> str:
    """The form's name for a place in the block."""
    taps = card.live_taps()
    if len(parts) > 1 and parts[0] in ("buttons", "replies") and parts[1].isdecimal() and int(parts[1]) < len(taps):
        name = parts[-1] if parts[-1] in ("label", "url", "payload", "sequence", "tag") else "label"
        return f"{taps[int(parts[1])].prefix}-{name}"
    names = {"caption": "text", "buttons": "taps", "replies": "taps", "": "type"}
    first = parts[0] if parts else ""
    return f"{card.prefix}-{names.get(first, first)}"
