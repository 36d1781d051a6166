"""The same statements in PostgreSQL's words: rows locked without waiting, many rows changed by one statement."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, models

from channels.models import Channel
from sequences.models import Delivery, Run, Subscription
from sequences.models import Sequence as SequenceModel


def database_now() -> datetime:
    """The database's clock: the one clock that all machines share."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        row = cursor.fetchone()
    now: datetime = row[0]
    return now


def claim_ids(channel_id: int, run_id: int, *, now: datetime, limit: int) -> list[int]:
    """Take up to `limit` due subscriptions of a channel, the longest due first; rows locked by others are skipped."""
    table = Subscription._meta.db_table
    statement = f"""
        WITH due AS (
            SELECT id FROM {table}
            WHERE channel_id = %s AND next_send_at <= %s AND run_id IS NULL
            ORDER BY next_send_at, id LIMIT %s FOR UPDATE SKIP LOCKED
        )
        UPDATE {table} AS s SET run_id = %s FROM due WHERE s.id = due.id
        RETURNING s.id, s.next_send_at
    """  # noqa: S608  # a table's name, no value
    with connection.cursor() as cursor:
        cursor.execute(statement, [channel_id, now, limit, run_id])
        claimed = cursor.fetchall()
    return [number for number, _ in sorted(claimed, key=lambda row: (row[1], row[0]))]


def share_sequences(ids: Iterable[int]) -> None:
    """Keep edits and pauses of these sequences out until the transaction ends; other workers may share."""
    table = SequenceModel._meta.db_table
    with connection.cursor() as cursor:
        statement = f"SELECT 1 FROM {table} WHERE id = ANY(%s) ORDER BY id FOR SHARE"  # noqa: S608  # a table's name
        cursor.execute(statement, [sorted(ids)])


def update_rows(
    model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]], **guard: Any
) -> set[int]:
    """Give each row (id, value, ...) its values where it still matches `guard` (names of fields); the ids that did."""
    listed = sorted(rows, key=lambda row: row[0])
    if not listed:
        return set()
    fields = [_field(model, column) for column in columns]
    arrays = [[row[0] for row in listed]]
    for index, field in enumerate(fields, start=1):
        arrays.append([_to_database(field, row[index]) for row in listed])
    conditions, parameters = _conditions(model, guard)
    assignments = ", ".join(f"{field.column} = v.c{i}{_cast_back(field)}" for i, field in enumerate(fields))
    names = ", ".join(["id", *(f"c{i}" for i in range(len(fields)))])
    unnested = ", ".join(["%s::bigint[]", *(f"%s::{_array_type(field)}[]" for field in fields)])
    statement = (
        f"UPDATE {model._meta.db_table} AS t SET {assignments} FROM unnest({unnested}) AS v({names}) "  # noqa: S608
        f"WHERE t.id = v.id{conditions} RETURNING t.id"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [*arrays, *parameters])
        return {row[0] for row in cursor.fetchall()}


def _field(model: type[models.Model], name: str) -> models.Field[Any, Any]:
    field = model._meta.get_field(name)
    if not isinstance(field, models.Field):
        raise TypeError(name)
    return field


def _to_database(field: models.Field[Any, Any], value: Any) -> Any:
    if isinstance(field, models.JSONField):
        return None if value is None else json.dumps(value)
    return value


def _array_type(field: models.Field[Any, Any]) -> str:
    if isinstance(field, models.JSONField | models.CharField | models.TextField):
        return "text"
    if isinstance(field, models.ForeignKey):
        return "bigint"
    return str(field.db_type(connection)).split("(")[0].split(" CHECK")[0]


def _cast_back(field: models.Field[Any, Any]) -> str:
    return "::jsonb" if isinstance(field, models.JSONField) else ""


def _conditions(model: type[models.Model], guard: dict[str, Any]) -> tuple[str, list[Any]]:
    text, parameters = "", []
    for name, value in guard.items():
        column = _field(model, name).column
        if value is None:  # "= NULL" is never true
            text += f" AND t.{column} IS NULL"
        else:
            text += f" AND t.{column} = %s"
            parameters.append(value)
    return text, parameters


def mark_leaving(delivery_ids: Sequence[int], run_id: int, *, now: datetime, probe_ids: Sequence[int] = ()) -> set[int]:
    """Those of this run's deliveries whose request may leave now, marked as leaving.

    The run is alive, nobody stopped them, and their channel does not wait for its provider (but for the probe).
    """
    statement = f"""
        UPDATE {Delivery._meta.db_table} AS d SET request_started_at = %s
        FROM {Subscription._meta.db_table} AS s, {SequenceModel._meta.db_table} AS q, {Channel._meta.db_table} AS c
        WHERE d.id = ANY(%s) AND d.run_id = %s AND d.state = 'sending'
          AND s.id = d.subscription_id AND s.run_id = d.run_id AND s.state = 'active'
          AND q.id = s.sequence_id AND q.state = 'active'
          AND c.id = d.channel_id AND c.state = 'active'
          AND (c.trouble_until IS NULL OR c.trouble_until <= %s OR d.id = ANY(%s))
          AND EXISTS (SELECT 1 FROM {Run._meta.db_table} AS r WHERE r.id = d.run_id AND r.ended_at IS NULL)
        RETURNING d.id
    """  # noqa: S608  # names of tables, no value
    with connection.cursor() as cursor:
        cursor.execute(statement, [now, list(delivery_ids), run_id, now, list(probe_ids)])
        return {row[0] for row in cursor.fetchall()}
