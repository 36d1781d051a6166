"""Statements in the ORM's words: for SQLite, where every transaction takes the one write lock at its start."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import models

from sequences.models import Subscription


def database_now() -> datetime:
    """SQLite has no clock but the machine's, and lives on the same machine."""
    return datetime.now(UTC)


def claim_ids(channel_id: int, run_id: int, *, now: datetime, limit: int) -> list[int]:
    """Take up to `limit` due subscriptions of a channel, the longest due first, in the caller's transaction."""
    due = Subscription.objects.filter(channel=channel_id).due(now).order_by("next_send_at", "id")
    ids = list(due.values_list("id", flat=True)[:limit])
    Subscription.objects.filter(pk__in=ids).update(run=run_id)
    return ids


def share_sequences(ids: Iterable[int]) -> None:
    """Nothing to do: whoever writes has the database for themselves."""


def update_rows(
    model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]], **guard: Any
) -> set[int]:
    """Give each row (id, value, ...) its values where it still matches `guard`; the ids that did."""
    updated = set()
    for number, *values in rows:
        changes = dict(zip(columns, values, strict=True))
        if model._default_manager.filter(pk=number, **guard).update(**changes):
            updated.add(number)
    return updated
