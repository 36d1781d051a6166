"""Echoes: a message of ours that the provider shows us did go out, whatever became of its answer."""

from __future__ import annotations

import re
from collections.abc import Sequence as Rows

from django.db.models import F
from django.db.models.functions import Coalesce, Greatest

from sequences.actions.hearing import Heard
from sequences.models import Delivery, DeliveryState, SentPart, Subscription

_KEY = re.compile(r"([1-9][0-9]{0,17})\.([0-9]{1,4})")
CONCERNED = (DeliveryState.SENDING, DeliveryState.UNKNOWN)


def settle_by_echoes(echoes: Rows[Heard]) -> list[Heard]:
    """Unknown deliveries that an echo names become sent; nothing else goes out for it. Returns the early ones.

    The key must name a delivery of the very contact and channel that the echo came for: others write metadata too.
    """
    named = [(echo, *number) for echo in echoes if (number := _number(echo.message_key))]
    if not named:
        return []
    rows = Delivery.objects.filter(pk__in=[delivery_id for _, delivery_id, _ in named], state__in=CONCERNED)
    found = {row.pk: row for row in rows.order_by("pk")}
    early = []
    for echo, delivery_id, part in named:
        row = found.get(delivery_id)
        if row is None or (row.contact_id, row.channel_id) != (echo.contact_id, echo.channel_id):
            continue
        if row.state == DeliveryState.SENDING:
            early.append(echo)
        else:
            _settle(row, echo, part)
    return early


def _settle(row: Delivery, echo: Heard, part: int) -> None:
    won = Delivery.objects.filter(pk=row.pk, state=DeliveryState.UNKNOWN).update(
        state=DeliveryState.SENT,
        reason="",
        reason_details={},
        sent_at=Coalesce("sent_at", echo.at),
        parts_done=Greatest(F("parts_done"), part + 1),
    )
    if not won:
        return
    accepted = SentPart(
        workspace_id=row.workspace_id,
        delivery=row,
        channel_id=row.channel_id,
        part=part,
        provider_message_id=echo.provider_message_id,
        left_at=row.request_started_at or row.decided_at,
        sent_at=echo.at,
    )
    SentPart.objects.bulk_create([accepted], ignore_conflicts=True)
    Subscription.objects.filter(pk=row.subscription_id, first_sent_at=None).update(first_sent_at=echo.at)


def _number(key: str) -> tuple[int, int] | None:
    """The delivery and the part that a key of ours names."""
    found = _KEY.fullmatch(key)
    return (int(found[1]), int(found[2])) if found else None
