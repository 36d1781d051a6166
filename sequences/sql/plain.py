"""Statements in the ORM's words: for SQLite, where every transaction takes the one write lock at its start."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import models, transaction
from django.db.models import Q

from channels.models import ChannelState
from sequences.models import Delivery, DeliveryState, Run, SequenceState, Subscription, SubscriptionState
from sequences.sql import arrays


def database_now() -> datetime:
    """SQLite has no clock but the machine's, and lives on the same machine."""
    return datetime.now(UTC)


def fingerprint() -> str:
    """Empty: a file does not know that it was put back."""
    return ""


def claim_ids(channel_id: int, run_id: int, *, now: datetime, limit: int, suspects: bool = False) -> list[int]:
    """Take up to `limit` due subscriptions of a channel, the longest due first, in the caller's transaction.

    A run that was declared dead takes nothing: nobody would look after it again.
    """
    if not Run.objects.filter(pk=run_id, ended_at=None).exists():
        return []
    due = Subscription.objects.filter(channel=channel_id).due(now).order_by("next_send_at", "id")
    due = due.suspected() if suspects else due.unsuspected()
    ids = list(due.values_list("id", flat=True)[:limit])
    Subscription.objects.filter(pk__in=ids).update(run=run_id)
    return ids


def share_sequences(ids: Iterable[int], *, is_patient: bool = True) -> None:
    """Nothing to do: whoever writes has the database for themselves."""


def try_to_take(name: str) -> bool:
    """Whether nobody else is at `name` until the caller's transaction ends: the one writer never meets another."""
    return True


def rows_of(
    model: type[models.Model], columns: Sequence[str], ids: Iterable[int], *, key: str = "id", **guard: Any
) -> list[tuple[Any, ...]]:
    """The columns of the rows whose `key` is among `ids` and which match `guard`."""
    return list(model._default_manager.filter(**{f"{key}__in": list(ids)}, **guard).values_list(*columns))


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


def insert_rows(
    model: type[models.Model], columns: Sequence[str], rows: Sequence[Sequence[Any]], *, or_ignore: bool = False
) -> list[int]:
    """Insert rows of values; their ids in the same order, or none when conflicts are ignored."""
    names = [arrays.field_of(model, column).attname for column in columns]
    fresh = [model(**dict(zip(names, row, strict=True))) for row in rows]
    model._default_manager.bulk_create(fresh, ignore_conflicts=or_ignore)
    return [] if or_ignore else [row.pk for row in fresh]


@transaction.atomic
def mark_leaving(delivery_ids: Sequence[int], run_id: int, *, now: datetime, probe_ids: Sequence[int] = ()) -> set[int]:
    """Those of this run's deliveries whose request may leave now, marked as leaving.

    The run is alive, nobody stopped them or took their step away, and their channel does not wait for its provider
    (but for the probe).
    """
    may_leave = Delivery.objects.filter(
        pk__in=delivery_ids,
        run=run_id,
        run__ended_at=None,
        state=DeliveryState.SENDING,
        subscription__run=run_id,
        subscription__state=SubscriptionState.ACTIVE,
        subscription__sequence__state=SequenceState.ACTIVE,
        step__is_enabled=True,
        step__archived_at=None,
        channel__state=ChannelState.ACTIVE,
    )
    in_trouble = Q(channel__trouble_until__gt=now) & ~Q(pk__in=probe_ids)
    ids = set(may_leave.exclude(in_trouble).values_list("pk", flat=True))
    Delivery.objects.filter(pk__in=ids).update(request_started_at=now)
    return ids
