"""Many people at once: contacts and subscriptions written by the database itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from channels.models import Channel, Contact
from sequences.models import Delivery, SentPart, Sequence, Step, Subscription

ZONES = ("Europe/Paris", "America/New_York", "Asia/Tokyo", "Australia/Lord_Howe", "")


def add_contacts(channel: Channel, count: int, *, now: datetime) -> None:
    """People in five zones, named, who wrote an hour ago."""
    values = {
        "workspace_id": channel.workspace_id,
        "channel_id": channel.pk,
        "last_interaction_at": now - timedelta(hours=1),
        "last_name": "",
        "language": "en",
        "unreachable_in_a_row": 0,
        "tags": "[]",
        "fields": "{}",
        "created_at": now - timedelta(days=30),
    }
    made = {"address": "'person-' || n", "first_name": "'Ann ' || n", "time_zone": "(%s::text[])[1 + n %% 5]"}
    _insert(Contact, values, made, f"generate_series(1, {int(count)}) AS n", [list(ZONES)])


def subscribe_everybody(step: Step, channel: Channel, *, subscribed_at: datetime) -> None:
    """Every contact of the channel waits for this immediate step of its sequence."""
    source = f"{Contact._meta.db_table} AS c WHERE c.channel_id = {int(channel.pk)} ORDER BY c.id"
    _insert(Subscription, _waiting_for(step, channel, subscribed_at), {"contact_id": "c.id"}, source)


def _waiting_for(step: Step, channel: Channel, subscribed_at: datetime) -> dict[str, Any]:
    return {
        "sequence_id": step.sequence_id,
        "channel_id": channel.pk,
        "workspace_id": channel.workspace_id,
        "state": "active",
        "ended_because": "",
        "subscribed_at": subscribed_at,
        "countdown_started_at": subscribed_at,
        "next_step_id": step.pk,
        "done_steps": "[]",
        "next_send_at": subscribed_at,
        "next_because": "countdown",
    }


def subscribe_each(step: Step, channel: Channel, *, first_at: datetime, per_second: float) -> None:
    """The same one after the other: each is subscribed, and due, a moment after the one before."""
    subscribe_everybody(step, channel, subscribed_at=first_at)
    each = "first.at + (row.number - 1) * interval '1 second' / %s"
    _execute(
        f"""
        UPDATE {Subscription._meta.db_table} AS s
        SET next_send_at = {each}, countdown_started_at = {each}, subscribed_at = {each}
        FROM (SELECT id, row_number() OVER (ORDER BY id) AS number FROM {Subscription._meta.db_table}
              WHERE channel_id = %s) AS row, (SELECT %s::timestamptz AS at) AS first
        WHERE s.id = row.id
        """,  # noqa: S608  # names, no input
        [per_second, per_second, per_second, channel.pk, first_at],
    )


def wait_without_contacts(step: Step, channel: Channel, count: int, *, from_at: datetime, over: timedelta) -> None:
    """Rows for questions about subscriptions alone, due anywhere in that time; inside `trusted()`."""
    first: int = Subscription.objects.order_by("-contact").values_list("contact", flat=True).first() or 0
    values = _waiting_for(step, channel, from_at)
    del values["next_send_at"]
    made = {"contact_id": f"{first} + n", "next_send_at": "%s::timestamptz + random() * %s::interval"}
    _insert(Subscription, values, made, f"generate_series(1, {int(count)}) AS n", [from_at, over])


def make_due(channel: Channel, count: int) -> None:
    """So many of those who wait, from anywhere in the table, came due a minute ago."""
    table = Subscription._meta.db_table
    spread = f"(SELECT min(id) AS low, (max(id) - min(id)) / %s AS step FROM {table}) AS spread"  # noqa: S608  # a name
    _execute(
        f"UPDATE {table} SET next_send_at = now() - interval '1 minute' WHERE id IN "  # noqa: S608  # names
        f"(SELECT low + step * n FROM {spread}, generate_series(1, %s) AS n)",
        [count, count],
    )


@contextmanager
def without_indexes(model: Any) -> Iterator[None]:
    """Ten million rows go in faster so; the keys stay, the other indexes are made anew."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s AND indexname NOT IN "
            "(SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass)",
            [table, table],
        )
        indexes = cursor.fetchall()
    for name, _ in indexes:
        _execute(f"DROP INDEX {name}")
    yield
    for _, definition in indexes:
        _execute(definition)


def move_due_moments(channel: Channel, *, to: datetime) -> None:
    """All of the channel's people at once, so that the first is due at `to` and the distances stay."""
    table = Subscription._meta.db_table
    by = f"(%s - (SELECT min(next_send_at) FROM {table} WHERE channel_id = %s))"  # noqa: S608  # a name
    columns = ("next_send_at", "countdown_started_at", "subscribed_at")
    _execute(
        f"UPDATE {table} SET {', '.join(f'{one} = {one} + {by}' for one in columns)} WHERE channel_id = %s",  # noqa: S608
        [*[to, channel.pk] * len(columns), channel.pk],
    )


@contextmanager
def trusted() -> Iterator[None]:
    """Rows written inside are right by construction: the database looks no reference up (needs its superuser)."""
    _execute("SET session_replication_role = replica")
    try:
        yield
    finally:
        _execute("SET session_replication_role = DEFAULT")


def clear_work() -> None:
    """No subscriptions, no deliveries."""
    tables = ", ".join(model._meta.db_table for model in (SentPart, Delivery, Subscription))
    _execute(f"TRUNCATE {tables}")


def settle_database() -> None:
    """What the filling left behind is not charged to what is measured next."""
    _execute("VACUUM ANALYZE")
    _execute("CHECKPOINT")


def unfinished(sequence: Sequence) -> int:
    """How many people of the sequence do not have exactly one sent message and a next one planned for later."""
    done = Subscription.objects.filter(
        sequence=sequence, run=None, last_step__position=0, next_step__position=1, deliveries__state="sent"
    )
    return Subscription.objects.filter(sequence=sequence).count() - done.count()


def _insert(model: Any, values: dict[str, Any], made: dict[str, str], source: str, parameters: Any = ()) -> None:
    """`values` are the same in every row, `made` are expressions over `source`."""
    columns = ", ".join([*made, *values])
    chosen = ", ".join([*made.values(), *(f"%s::{_type(model, column)}" for column in values)])
    _execute(
        f"INSERT INTO {model._meta.db_table} ({columns}) SELECT {chosen} FROM {source}",  # noqa: S608  # names, no input
        [*parameters, *values.values()],
    )


def _type(model: Any, column: str) -> str:
    field = next(field for field in model._meta.concrete_fields if field.column == column)
    return str(field.rel_db_type(connection) if field.is_relation else field.db_type(connection))


def _execute(statement: str, parameters: Any = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
