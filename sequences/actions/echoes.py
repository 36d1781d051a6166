"""Echoes: a message of ours that the provider shows us did go out, whatever became of its answer."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.db.models import F
from django.db.models.functions import Coalesce, Greatest

from sequences.actions.hearing import Heard
from sequences.models import Delivery, DeliveryState, SentPart, Subscription

_KEY = re.compile(r"([1-9][0-9]{0,17})\.([0-9]{1,4})")


def named_by(echoes: Iterable[Heard]) -> list[tuple[Heard, int, int]]:
    """Each echo whose key is one of ours, with the delivery and the part that it names."""
    return [(echo, *number) for echo in echoes if (number := named_in(echo.message_key))]


def settle_by_echoes(
    named: Iterable[tuple[Heard, int, int]], doubtful: Iterable[Delivery]
) -> tuple[list[Heard], set[int]]:
    """Unknown deliveries that an echo names become sent; nothing else goes out for it. Early echoes, settled ids.

    The key must name a delivery of the very contact and channel that the echo came for: others write metadata too.
    """
    found = {row.pk: row for row in doubtful}
    early, settled = [], set()
    for echo, delivery_id, part in named:
        row = found.get(delivery_id)
        if row is None or (row.contact_id, row.channel_id) != (echo.contact_id, echo.channel_id):
            continue
        if row.state == DeliveryState.SENDING:
            early.append(echo)
        elif row.state == DeliveryState.UNKNOWN and _settle(row, echo, part):
            settled.add(row.pk)
    return early, settled


def _settle(row: Delivery, echo: Heard, part: int) -> bool:
    won = Delivery.objects.filter(pk=row.pk, state=DeliveryState.UNKNOWN).update(
        state=DeliveryState.SENT,
        reason="",
        reason_details={},
        sent_at=Coalesce("sent_at", echo.at),
        parts_done=Greatest(F("parts_done"), part + 1),
    )
    if not won:
        return False
    accepted = SentPart(
        workspace_id=row.workspace_id,
        delivery_id=row.pk,
        channel_id=row.channel_id,
        part=part,
        provider_message_id=echo.provider_message_id,
        left_at=row.request_started_at or row.decided_at,
        sent_at=echo.at,
    )
    SentPart.objects.bulk_create([accepted], ignore_conflicts=True)
    Subscription.objects.filter(pk=row.subscription_id, first_sent_at=None).update(first_sent_at=echo.at)
    return True


def named_in(key: str) -> tuple[int, int] | None:
    """The delivery and the part that a key of ours names."""
    found = _KEY.fullmatch(key)
    return (int(found[1]), int(found[2])) if found else None
