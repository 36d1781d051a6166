"""All blocks of a sub-flow as the cards of its form: read from what was posted, or from what is stored."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from sequences.admin.block_cards import ACTIONS, FIELDS, TYPES, BlockCard, card_of, in_order
from sequences.admin.tap_rows import DOES, NEW_TAP, TapRow
from sequences.admin.tap_rows import FIELDS as TAP_FIELDS
from sequences.rules.blocks import MAX_BLOCKS, MAX_BUTTONS
from sequences.rules.shapes import MAX_TEXT_LENGTH

NO_BLOCKS = _("A sub-flow needs at least one block.")
# What is posted is more than what is stored: cards that were deleted meanwhile, and both characters of each line's end.
_SLACK = 2

_NAME = re.compile(r"blocks-(\d{1,6})-(?:taps-(\d{1,6})-)?([a-zA-Z]+)")
_NEW_CARD = {**dict.fromkeys(FIELDS, ""), "action": "subscribe"}

Fields = dict[str, str]


class BlockList:
    """The cards of one form. `live` are those that are stored, in the order in which the rules count them."""

    types, actions, does = TYPES, ACTIONS, DOES

    def __init__(self, cards: list[BlockCard]) -> None:
        self.cards = in_order(cards)
        self.live = [card for card in self.cards if card.counts]
        self.problems: list[Any] = []

    @property
    def has_problems(self) -> bool:
        return bool(self.problems) or any(card.has_problems for card in self.cards)

    def blocks(self) -> list[dict[str, Any]]:
        return [card.block() for card in self.live]

    def show(self, path: str, sentence: Any) -> None:
        """A problem of `blocks.…` at its place."""
        parts = path.split(".")
        if len(parts) > 1 and parts[1].isdecimal() and int(parts[1]) < len(self.live):
            self.live[int(parts[1])].show(parts[2:], sentence)
        else:
            self.problems.append(sentence if self.live else NO_BLOCKS)

    def new_card(self) -> BlockCard:
        """The pattern of a card that the script adds."""
        return BlockCard("__block__", {**_NEW_CARD, "type": "text"}, is_added=True)

    def new_tap(self) -> TapRow:
        return TapRow("__tap__", {**NEW_TAP, "does": "url"}, is_added=True)

    def spare_cards(self) -> list[BlockCard]:
        """Empty cards for a browser without the script; their type is to be chosen."""
        return [BlockCard(f"blocks-{number}", dict(_NEW_CARD)) for number in self._free_numbers(2)]

    def _free_numbers(self, count: int) -> range:
        used = [int(card.prefix.rpartition("-")[2]) for card in self.cards]
        first = max(used, default=-1) + 1
        return range(first, first + count)


def stored_list(blocks: Sequence[Any] | None, *, begins_empty: bool = False) -> BlockList:
    """The cards of stored blocks; a new sub-flow begins with an empty text, unless told."""
    cards = [card_of(block, number) for number, block in enumerate(blocks or []) if isinstance(block, Mapping)]
    if not cards and not begins_empty:
        cards = [BlockCard("blocks-0", {**_NEW_CARD, "type": "text"})]
    return BlockList(cards)


def too_large(data: Mapping[str, Any]) -> Any:
    """Why what a form sent is more than any sub-flow can hold, told before anything of it is read; "" if it is not."""
    cards, taps = set[str](), set[tuple[str, str]]()
    for key in data:
        if found := _NAME.fullmatch(key):
            cards.add(found[1])
            taps |= {(found[1], found[2])} if found[2] else set()
            if len(data[key]) > MAX_TEXT_LENGTH * _SLACK:
                return _("A text is too long; at most %(max)s characters are allowed.") % {"max": MAX_TEXT_LENGTH}
    if len(cards) > MAX_BLOCKS * _SLACK:
        return _("A sub-flow has at most %(max)s blocks.") % {"max": MAX_BLOCKS}
    most = max(Counter(card for card, _place in taps).values(), default=0)
    if most > MAX_BUTTONS * _SLACK or len(taps) > MAX_BLOCKS * MAX_BUTTONS:
        return _("A block has at most %(max)s buttons or quick replies.") % {"max": MAX_BUTTONS}
    return ""


def posted_list(data: Mapping[str, Any], stored: Sequence[Any] | None) -> BlockList:
    """The cards that a form sent, in its order; `stored` are the blocks that the form was opened with."""
    cards: dict[str, Fields] = {}
    taps: dict[str, dict[str, Fields]] = {}
    for key in data:
        if found := _NAME.fullmatch(key):
            number, place, name = found.groups()
            card = cards.setdefault(number, {})
            row = taps.setdefault(number, {}).setdefault(place, {}) if place else card
            row[name] = str(data[key])
    blocks = dict(enumerate(stored or []))
    return BlockList([_card(number, fields, taps.get(number, {}), blocks) for number, fields in cards.items()])


def _card(number: str, fields: Fields, taps: Mapping[str, Fields], stored: Mapping[int, Any]) -> BlockCard:
    prefix, block = f"blocks-{number}", stored.get(_index(fields))
    known = block if isinstance(block, Mapping) else None
    own = (known or {}).get("buttons") or (known or {}).get("replies")
    own_taps = dict(enumerate(own if isinstance(own, list) else []))
    card = BlockCard(
        prefix,
        {name: fields.get(name, _NEW_CARD[name]) for name in FIELDS},
        stored=known,
        **_row_values(fields, has_stored=known is not None),
    )
    for place, row in taps.items():
        tap = own_taps.get(_index(row))
        tap = tap if isinstance(tap, Mapping) else None
        values = {name: row.get(name, NEW_TAP[name]) for name in TAP_FIELDS}
        rest = _row_values(row, has_stored=tap is not None)
        card.taps.append(TapRow(f"{prefix}-taps-{place}", values, stored=tap, **rest))
    card.taps = in_order(card.taps)
    return card


def _row_values(fields: Fields, *, has_stored: bool) -> dict[str, Any]:
    return {
        "place": fields.get("place", ""),
        "place_of_stored": fields.get("stored", "") if has_stored else "",
        "is_added": bool(fields.get("added")),
        "is_deleted": bool(fields.get("DELETE")),
    }


def _index(fields: Fields) -> int:
    given = fields.get("stored", "")
    return int(given) if given.isdecimal() and len(given) < 6 else -1
