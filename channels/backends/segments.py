"""How many text messages a text becomes on its way: what a carrier charges for (docs/providers/sms.md)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

# GSM 03.38: the basic table, and what takes two places because an escape goes before it.
BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("\f^{}\\[~]|€")
# Places of one message alone, and of each of several, whose header takes the rest.
GSM_7, UCS_2 = (160, 153), (70, 67)


@dataclass(frozen=True, slots=True)
class Segments:
    """`count` messages; `left` places in the last one; `forced_by`: characters, each once, that GSM-7 does not have."""

    count: int
    left: int
    forced_by: tuple[str, ...] = ()


def segments_of(text: str) -> Segments:
    """One character that GSM-7 does not have makes the whole text UCS-2; no character is torn between two messages."""
    foreign = tuple(dict.fromkeys(character for character in text if character not in BASIC | EXTENDED))
    if foreign:
        return _laid_out((2 if ord(character) > 0xFFFF else 1 for character in text), UCS_2, foreign)
    return _laid_out((2 if character in EXTENDED else 1 for character in text), GSM_7)


def _laid_out(sizes: Iterable[int], places: tuple[int, int], foreign: tuple[str, ...] = ()) -> Segments:
    listed = list(sizes)
    alone, each = places
    if (total := sum(listed)) <= alone:
        return Segments(1 if listed else 0, alone - total, foreign)
    count, left = 1, each
    for size in listed:
        if size > left:
            count, left = count + 1, each
        left -= size
    return Segments(count, left, foreign)
