"""Which bound templates the channels at hand can really send, and where their parameters stand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from channels.content import Slot
from channels.models import Channel, MessageTemplate

Bound = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TemplatesAtHand:
    """A channel whose list was never read (not in `read`) is trusted to have what was typed."""

    read: frozenset[int]
    rows: Mapping[tuple[int, str, str], MessageTemplate]

    def may_send(self, channel_id: int, bound: Bound | None) -> bool:
        """Whether the channel has this template, approved, and with as many parameters as are bound to it."""
        if bound is None or channel_id not in self.read:
            return bound is not None
        row = self._row(channel_id, bound)
        return row is not None and row.is_approved and row.fits(len(bound.get("parameters") or ()))

    def slots_of(self, channel_id: int, bound: Bound) -> tuple[Slot, ...]:
        row = self._row(channel_id, bound)
        return row.places if row else ()

    def _row(self, channel_id: int, bound: Bound) -> MessageTemplate | None:
        return self.rows.get((channel_id, str(bound.get("name")), str(bound.get("language"))))


def templates_at_hand(channels: Iterable[Channel], bound: Iterable[Bound | None]) -> TemplatesAtHand:
    """One query, and none where no channel read its list or nothing is bound."""
    read = frozenset(channel.pk for channel in channels if channel.templates_read_at is not None)
    names = {str(one.get("name")) for one in bound if one}
    if not read or not names:
        return TemplatesAtHand(read, {})
    rows = MessageTemplate.objects.filter(channel__in=read, name__in=names)
    return TemplatesAtHand(read, {(row.channel_id, row.name, row.language): row for row in rows})
