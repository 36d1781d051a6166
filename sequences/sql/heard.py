"""What receipts and echoes speak of, read by written statements: providers tell of every message, often twice."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import DateTimeField

from sequencer.stored_rows import placeholders, rows_where
from sequences.models import Delivery, DeliveryState, SentPart

MOVABLE = f"state IN ('{DeliveryState.SENT.value}', '{DeliveryState.DELIVERED.value}')"
DOUBTFUL = f"state IN ('{DeliveryState.SENDING.value}', '{DeliveryState.UNKNOWN.value}')"
# Something was sent, or may have been, that is not written down yet.
UNDECIDED = f"({DOUBTFUL} OR (state = '{DeliveryState.WAITING.value}' AND parts_done > 0))"


def undecided_deliveries(
    contact_ids: Collection[int], delivery_ids: Collection[int], *, since: datetime
) -> list[Delivery]:
    """What of these contacts was decided since then and is not written down, and those of these that are in doubt."""
    conditions, parameters = [], list[Any]()
    if contact_ids:
        conditions.append(f"(contact_id IN ({placeholders(contact_ids)}) AND {UNDECIDED} AND decided_at > %s)")
        parameters += [*contact_ids, DateTimeField().get_db_prep_value(since, connection)]
    if delivery_ids:
        conditions.append(f"(id IN ({placeholders(delivery_ids)}) AND {DOUBTFUL})")
        parameters += delivery_ids
    return rows_where(Delivery, " OR ".join(conditions), parameters) if conditions else []


def movable_deliveries(
    channel_ids: Collection[int], names: Collection[str], contact_ids: Collection[int]
) -> list[Delivery]:
    """What was sent of messages with these names of the providers, and all of these contacts; the rows locked."""
    named, parameters = [], list[Any]()
    if names:
        parts = f"channel_id IN ({placeholders(channel_ids)}) AND provider_message_id IN ({placeholders(names)})"
        named.append(f"SELECT delivery_id FROM {SentPart._meta.db_table} WHERE {parts}")  # noqa: S608
        parameters += [*channel_ids, *names]
    if contact_ids:
        table = Delivery._meta.db_table
        named.append(f"SELECT id FROM {table} WHERE {MOVABLE} AND contact_id IN ({placeholders(contact_ids)})")  # noqa: S608
        parameters += contact_ids
    if not named:
        return []
    # Joined by OR, both would be looked for in all deliveries there are.
    listed = f"id IN ({' UNION ALL '.join(named)})"
    return rows_where(Delivery, f"{MOVABLE} AND {listed}", parameters, is_locked=True)


def parts_in_order(delivery_ids: Collection[int]) -> list[SentPart]:
    """Every message of these deliveries that a provider took, each delivery's last one behind its others."""
    if not delivery_ids:
        return []
    return rows_where(SentPart, f"delivery_id IN ({placeholders(delivery_ids)})", list(delivery_ids), order="part")
