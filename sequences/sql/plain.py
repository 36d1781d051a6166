"""Statements in the ORM's words: for SQLite, where every transaction takes the one write lock at its start."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q

from channels.models import Channel, ChannelState, Contact
from sequences.models import Delivery, DeliveryState, Run, SequenceState, Subscription, SubscriptionState
from sequences.models import Sequence as SequenceModel
from sequences.sql import arrays


def database_now() -> datetime:
    """SQLite has no clock but the machine's, and lives on the same machine."""
    return datetime.now(UTC)


def fingerprint() -> str:
    """Empty: a file does not know that it was put back."""
    return ""


def channels_with_due(*, now: datetime, besides: Iterable[int] = (), suspects: bool = False) -> list[int]:
    """Open channels, but for `besides`, that have something due: never served, or longest ago, first."""
    due = Subscription.objects.due(now).filter(channel=OuterRef("pk"))
    due = due.suspected() if suspects else due.unsuspected()
    waiting = Channel.objects.open(now).exclude(pk__in=list(besides)).filter(Exists(due))
    return list(waiting.order_by(F("tokens_at").asc(nulls_first=True), "pk").values_list("pk", flat=True))


def open_channel(channel_id: int, columns: Sequence[str], *, now: datetime) -> list[tuple[Any, ...]]:
    """The columns of this channel; none if it may not send now. Nobody else claims: the writer has the database."""
    return list(Channel.objects.open(now).filter(pk=channel_id).values_list(*columns))


def claim(channel_id: int, run_id: int, *, now: datetime, limit: int, suspects: bool = False) -> list[tuple[int, int]]:
    """Take up to `limit` due subscriptions of a channel, the longest due first, in the caller's transaction.

    The answer: each with its sequence.

    A run that was declared dead takes nothing: nobody would look after it again.
    """
    if not Run.objects.filter(pk=run_id, ended_at=None).exists():
        return []
    due = Subscription.objects.filter(channel=channel_id).due(now).order_by("next_send_at", "id")
    due = due.suspected() if suspects else due.unsuspected()
    claimed = list(due.values_list("id", "sequence_id")[:limit])
    Subscription.objects.filter(pk__in=[number for number, _ in claimed]).update(run=run_id)
    return claimed


def shared_sequences(
    columns: Sequence[str], of_workspace: Sequence[str], ids: Iterable[int], *, is_patient: bool = True
) -> list[tuple[Any, ...]]:
    """The columns of these sequences, by id, and of their workspaces; whoever writes has the database to itself."""
    wanted = (*columns, *(f"workspace__{name}" for name in of_workspace))
    return list(SequenceModel.objects.filter(pk__in=list(ids)).order_by("pk").values_list(*wanted))


def try_to_take(name: str) -> bool:
    """Whether nobody else is at `name` until the caller's transaction ends: the one writer never meets another."""
    return True


def rows_of(
    model: type[models.Model], columns: Sequence[str], ids: Iterable[int], *, key: str = "id", **guard: Any
) -> list[tuple[Any, ...]]:
    """The columns of the rows whose `key` is among `ids` and which match `guard`."""
    return list(model._default_manager.filter(**{f"{key}__in": list(ids)}, **guard).values_list(*columns))


def contacts_at(channel_id: int, workspace_id: int, addresses: Sequence[str]) -> list[tuple[str, int, datetime]]:
    """(address, id, created_at) of those who are known at these addresses."""
    here = Contact.objects.filter(channel=channel_id, workspace=workspace_id, address__in=list(addresses))
    return list(here.values_list("address", "id", "created_at"))


def lock_rows(model: type[models.Model], columns: Sequence[str], ids: Iterable[int]) -> list[tuple[Any, ...]]:
    """The columns of these rows, by id; whoever writes has the database for themselves."""
    return list(model._default_manager.filter(pk__in=list(ids)).order_by("pk").values_list(*columns))


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
    model: type[models.Model],
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    or_ignore: bool = False,
    needs_ids: bool = True,
) -> list[int]:
    """Insert rows of values; their ids in the same order if they are needed, none when conflicts are ignored."""
    names = [arrays.field_of(model, column).attname for column in columns]
    fresh = [model(**dict(zip(names, row, strict=True))) for row in rows]
    model._default_manager.bulk_create(fresh, ignore_conflicts=or_ignore)
    return [] if or_ignore else [row.pk for row in fresh]


def may_not_leave(
    subscription_ids: Sequence[int],
    channel_ids: Iterable[int],
    run_id: int,
    *,
    now: datetime,
    probe_ids: Sequence[int] = (),
) -> set[int]:
    """Those of this run's subscriptions, of these channels, whose message may not leave with the caller's transaction.

    The look of mark_leaving, for deliveries that are about to be written, by a caller that shares the sequences.
    """
    may_leave = Subscription.objects.filter(
        pk__in=list(subscription_ids),
        channel__in=list(channel_ids),
        run=run_id,
        run__ended_at=None,
        state=SubscriptionState.ACTIVE,
        channel__state=ChannelState.ACTIVE,
    )
    in_trouble = Q(channel__trouble_until__gt=now) & ~Q(pk__in=probe_ids)
    return set(subscription_ids) - set(may_leave.exclude(in_trouble).values_list("pk", flat=True))


@transaction.atomic
def mark_leaving(delivery_ids: Sequence[int], run_id: int, *, now: datetime, probe_ids: Sequence[int] = ()) -> set[int]:
    """Those of this run's deliveries whose request may leave now, marked as leaving.

    The run is alive, nobody stopped them or took their step away, their channel does not wait for its provider (but
    for the probe), and whoever gets them instead of the subscription's own contact may be written to.
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
    may_leave = may_leave.filter(Q(fell_back_because="") | Q(contact__opted_out_at=None, contact__blocked_at=None))
    in_trouble = Q(channel__trouble_until__gt=now) & ~Q(pk__in=probe_ids)
    ids = set(may_leave.exclude(in_trouble).values_list("pk", flat=True))
    Delivery.objects.filter(pk__in=ids).update(request_started_at=now)
    return ids
