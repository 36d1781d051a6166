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
    values = {
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
    source = f"{Contact._meta.db_table} AS c WHERE c.channel_id = {int(channel.pk)} ORDER BY c.id"
    _insert(Subscription, values, {"contact_id": "c.id"}, source)


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
