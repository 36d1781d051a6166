"""The same statements in PostgreSQL's words: rows locked without waiting, many rows changed by one statement."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import models

from channels.models import Channel
from sequences.models import Delivery, Run, Step, Subscription
from sequences.models import Sequence as SequenceModel
from sequences.models.subscription import SUSPECTED_AFTER
from sequences.sql import arrays

# Locked, so that whoever declares it dead waits until our statement counts, or we see the declaration.
ALIVE = f"SELECT id FROM {Run._meta.db_table} WHERE id = %s AND ended_at IS NULL FOR SHARE"  # noqa: S608


def database_now() -> datetime:
    """The database's clock: the one clock that all machines share."""
    now: datetime = arrays.run("SELECT clock_timestamp()", [])[0][0]
    return now.astimezone(UTC)


def fingerprint() -> str:
    """Which database this is: its cluster, the cluster's timeline (promotion and recovery begin a new one), its number.

    Empty where the server does not tell.
    """
    if not arrays.run("SELECT has_function_privilege('pg_control_system()', 'execute')", [])[0][0]:
        return ""
    statement = """
        SELECT concat_ws('/', system_identifier, left(pg_walfile_name(pg_current_wal_lsn()), 8), oid)
        FROM pg_control_system(), pg_database WHERE datname = current_database()
    """
    return str(arrays.run(statement, [])[0][0])


def claim_ids(channel_id: int, run_id: int, *, now: datetime, limit: int, suspects: bool = False) -> list[int]:
    """Take up to `limit` due subscriptions of a channel, the longest due first; rows locked by others are skipped.

    A run that was declared dead takes nothing: nobody would look after it again.
    """
    # Ordered by the index alone: with the id as a second key, thousands due at one moment would be sorted each time.
    table = Subscription._meta.db_table
    statement = f"""
        WITH alive AS ({ALIVE}), due AS (
            SELECT id FROM {table}
            WHERE channel_id = %s AND next_send_at <= %s AND run_id IS NULL
            AND deaths {">=" if suspects else "<"} {SUSPECTED_AFTER}
            ORDER BY next_send_at LIMIT %s FOR UPDATE SKIP LOCKED
        )
        UPDATE {table} AS s SET run_id = alive.id FROM alive WHERE s.id = ANY(ARRAY(SELECT id FROM due))
        RETURNING s.id, s.next_send_at
    """  # noqa: S608  # a table's name, no value
    claimed = arrays.run(statement, [run_id, channel_id, now, limit])
    return [number for number, _ in sorted(claimed, key=lambda row: (row[1], row[0]))]


def share_sequences(ids: Iterable[int], *, is_patient: bool = True) -> None:
    """Keep edits and pauses of these sequences out until the transaction ends; other workers may share.

    Whoever is not patient gives up after a few seconds with an OperationalError, for the whole transaction.
    """
    if not is_patient:
        arrays.run("SET LOCAL lock_timeout = '5s'", [])
    table = SequenceModel._meta.db_table
    statement = f"SELECT 1 FROM {table} WHERE id = ANY(%s::bigint[]) ORDER BY id FOR SHARE"  # noqa: S608  # a name
    arrays.run(statement, [arrays.numbers(ids)])


def try_to_take(name: str) -> bool:
    """Whether nobody else is at `name` until the caller's transaction ends; never waits.

    The lock belongs to the transaction, so poolers may share connections. Two names can share a lock, one time in 2^64.
    """
    digest = hashlib.blake2b(name.encode(), digest_size=8).digest()
    number = int.from_bytes(digest, signed=True)
    return bool(arrays.run("SELECT pg_try_advisory_xact_lock(%s::bigint)", [number])[0][0])


def rows_of(
    model: type[models.Model], columns: Sequence[str], ids: Iterable[int], *, key: str = "id", **guard: Any
) -> list[tuple[Any, ...]]:
    """The columns of the rows whose `key` is among `ids` and which match `guard`."""
    conditions, parameters = _conditions(model, guard)
    statement = (
        f"SELECT {', '.join(columns)} FROM {model._meta.db_table} AS t "  # noqa: S608  # names of columns, no value
        f"WHERE {key} = ANY(%s::bigint[]) AND {conditions}"
    )
    return arrays.run(statement, [arrays.numbers(ids), *parameters])


def update_rows(
    model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]], **guard: Any
) -> set[int]:
    """Give each row (id, value, ...) its values where it still matches `guard` (names of fields); the ids that did."""
    listed = sorted(rows, key=lambda row: row[0])
    if not listed:
        return set()
    fields = [arrays.field_of(model, column) for column in ("id", *columns)]
    names = [f"c{index}" for index in range(len(fields))]
    changed = list(zip(fields, names, strict=True))[1:]
    assignments = ", ".join(f"{field.column} = v.{name}{arrays.cast_back(field)}" for field, name in changed)
    conditions, parameters = _conditions(model, guard)
    statement = (
        f"UPDATE {model._meta.db_table} AS t SET {assignments} "  # noqa: S608  # names of tables and columns, no value
        f"FROM unnest({', '.join(map(arrays.placeholder, fields))}) AS v({', '.join(names)}) "
        f"WHERE t.id = v.c0 AND t.id = ANY(%s::bigint[]) AND {conditions} RETURNING t.id"
    )
    values = arrays.arrays_of(fields, listed)
    updated = arrays.run(statement, [*values, values[0], *parameters])
    return {number for (number,) in updated}


def _conditions(model: type[models.Model], guard: dict[str, Any]) -> tuple[str, list[Any]]:
    """Inside CASE the planner cannot guess: believing that hardly any row passes, it would join row by row."""
    if not guard:
        return "TRUE", []
    columns = {arrays.field_of(model, name).column: value for name, value in guard.items()}
    # "= NULL" is never true.
    tests = [f"t.{column} IS NULL" if value is None else f"t.{column} = %s" for column, value in columns.items()]
    parameters = [value for value in columns.values() if value is not None]
    return f"CASE WHEN {' AND '.join(tests)} THEN TRUE ELSE FALSE END", parameters


def insert_rows(
    model: type[models.Model], columns: Sequence[str], rows: Sequence[Sequence[Any]], *, or_ignore: bool = False
) -> list[int]:
    """Insert rows of values; their ids in the same order, or none when conflicts are ignored."""
    if not rows:
        return []
    fields = [arrays.field_of(model, column) for column in columns]
    names = [f"c{index}" for index in range(len(fields))]
    chosen = ", ".join(f"{name}{arrays.cast_back(field)}" for field, name in zip(fields, names, strict=True))
    statement = (
        f"INSERT INTO {model._meta.db_table} ({', '.join(str(field.column) for field in fields)}) "  # noqa: S608  # names
        f"SELECT {chosen} FROM unnest({', '.join(map(arrays.placeholder, fields))}) AS v({', '.join(names)}) "
        f"{'ON CONFLICT DO NOTHING' if or_ignore else 'RETURNING id'}"
    )
    return [number for (number,) in arrays.run(statement, arrays.arrays_of(fields, rows))]


def mark_leaving(delivery_ids: Sequence[int], run_id: int, *, now: datetime, probe_ids: Sequence[int] = ()) -> set[int]:
    """Those of this run's deliveries whose request may leave now, marked as leaving.

    The run is alive, nobody stopped them or took their step away, and their channel does not wait for its provider
    (but for the probe).
    """
    tables = (Subscription, SequenceModel, Step, Channel)
    subscriptions, sequences, steps, channels = (model._meta.db_table for model in tables)
    statement = f"""
        WITH alive AS ({ALIVE})
        UPDATE {Delivery._meta.db_table} AS d SET request_started_at = %s
        FROM alive, {subscriptions} AS s, {sequences} AS q, {steps} AS t, {channels} AS c
        WHERE d.id = ANY(%s::bigint[]) AND d.run_id = alive.id AND d.state = 'sending'
          AND s.id = d.subscription_id AND s.run_id = d.run_id AND s.state = 'active'
          AND q.id = s.sequence_id AND q.state = 'active'
          AND t.id = d.step_id AND t.is_enabled AND t.archived_at IS NULL
          AND c.id = d.channel_id AND c.state = 'active'
          AND (c.trouble_until IS NULL OR c.trouble_until <= %s OR d.id = ANY(%s::bigint[]))
        RETURNING d.id
    """  # noqa: S608  # names of tables, no value
    ids, probes = arrays.numbers(delivery_ids), arrays.numbers(probe_ids)
    marked = arrays.run(statement, [run_id, now, ids, now, probes])
    return {number for (number,) in marked}
