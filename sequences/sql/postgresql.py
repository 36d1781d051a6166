"""The same statements in PostgreSQL's words: rows locked without waiting, many rows changed by one statement."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import models

from channels.models import Channel, Contact
from sequencer.array_texts import array_of
from sequencer.workspaces.models import Workspace
from sequences.models import Delivery, Run, Step, Subscription
from sequences.models import Sequence as SequenceModel
from sequences.models.subscription import SUSPECTED_AFTER
from sequences.sql import arrays

# Locked, so that whoever declares it dead waits until our statement counts, or we see the declaration.
ALIVE = f"SELECT id FROM {Run._meta.db_table} WHERE id = %s AND ended_at IS NULL FOR SHARE"  # noqa: S608
# A channel through which something may leave at a moment.
OPEN = "state = 'active' AND (trouble_until IS NULL OR trouble_until <= %s)"

# Till the transaction ends. A wave names its rows by their keys; while tables are small the planner would rather read
# them whole. Where nothing but that is possible, servers before 18 take the penalty for a reason to compile (jit).
_FOR_A_WAVE = """
    SELECT set_config('lock_timeout', '5s', TRUE), set_config('enable_seqscan', 'off', TRUE),
        set_config('jit', 'off', TRUE)
"""


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


def channels_with_due(*, now: datetime, besides: Iterable[int] = (), suspects: bool = False) -> list[int]:
    """Open channels, but for `besides`, that have something due: never served, or longest ago, first.

    The order and `OFFSET 0` have each channel's first one looked up by the index: else the planner may read everybody
    who waits, or the table from its start until somebody is due.
    """
    statement = f"""
        SELECT id FROM {Channel._meta.db_table} AS c
        WHERE {OPEN} AND id <> ALL(%s::bigint[])
        AND EXISTS (
            SELECT 1 FROM {Subscription._meta.db_table} AS s
            WHERE s.channel_id = c.id AND s.next_send_at <= %s AND s.run_id IS NULL
            AND s.deaths {">=" if suspects else "<"} {SUSPECTED_AFTER} ORDER BY s.next_send_at LIMIT 1 OFFSET 0
        ) ORDER BY tokens_at NULLS FIRST, id
    """  # noqa: S608  # names of tables, no value
    return [number for (number,) in arrays.run(statement, [now, arrays.numbers(besides), now])]


def open_channel(channel_id: int, columns: Sequence[str], *, now: datetime) -> list[tuple[Any, ...]]:
    """The columns of this channel, and nobody else claims of it until the transaction ends.

    None if it may not send now, or somebody else claims of it at this moment.
    """
    statement = (
        f"SELECT {', '.join(columns)} FROM {Channel._meta.db_table} WHERE id = %s AND {OPEN} "  # noqa: S608
        "FOR NO KEY UPDATE SKIP LOCKED"
    )
    return arrays.run(statement, [channel_id, now])


def claim(channel_id: int, run_id: int, *, now: datetime, limit: int, suspects: bool = False) -> list[tuple[int, int]]:
    """Take up to `limit` due subscriptions of a channel, the longest due first; those that others lock are skipped.

    The answer: each with its sequence.

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
        RETURNING s.next_send_at, s.id, s.sequence_id
    """  # noqa: S608  # a table's name, no value
    claimed = arrays.run(statement, [run_id, channel_id, now, limit])
    return [(number, sequence) for _, number, sequence in sorted(claimed)]


def shared_sequences(
    columns: Sequence[str], of_workspace: Sequence[str], ids: Iterable[int], *, is_patient: bool = True
) -> list[tuple[Any, ...]]:
    """The columns of these sequences, by id, and of their workspaces; edits and pauses are kept out until the end of
    the transaction, others may share.

    Whoever is not patient gives up after a few seconds with an OperationalError, for the whole transaction.
    """
    if not is_patient:
        arrays.run(_FOR_A_WAVE, [])
    wanted = ", ".join([*(f"q.{name}" for name in columns), *(f"w.{name}" for name in of_workspace)])
    statement = (
        f"SELECT {wanted} FROM {SequenceModel._meta.db_table} AS q "  # noqa: S608  # names, no value
        f"JOIN {Workspace._meta.db_table} AS w ON w.id = q.workspace_id "
        "WHERE q.id = ANY(%s::bigint[]) ORDER BY q.id FOR SHARE OF q"
    )
    return arrays.run(statement, [arrays.numbers(ids)])


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


def contacts_at(channel_id: int, workspace_id: int, addresses: Sequence[str]) -> list[tuple[str, int, datetime]]:
    """(address, id, created_at) of those who are known at these addresses."""
    statement = (
        f"SELECT address, id, created_at FROM {Contact._meta.db_table} "  # noqa: S608  # a table's name, no value
        "WHERE channel_id = %s AND address = ANY(%s::text[]) AND workspace_id = %s"
    )
    return arrays.run(statement, [channel_id, array_of(addresses), workspace_id])


def lock_rows(model: type[models.Model], columns: Sequence[str], ids: Iterable[int]) -> list[tuple[Any, ...]]:
    """The columns of these rows, by id; until the transaction ends nobody else changes them."""
    statement = (
        f"SELECT {', '.join(columns)} FROM {model._meta.db_table} "  # noqa: S608  # names of columns, no value
        "WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE"
    )
    return arrays.run(statement, [arrays.numbers(ids)])


def update_rows(
    model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]], **guard: Any
) -> set[int]:
    """Give each row (id, value, ...) its values where it still matches `guard` (names of fields); the ids that did."""
    listed = sorted(rows, key=lambda row: row[0])
    if not listed:
        return set()
    fields = [arrays.field_of(model, column) for column in ("id", *columns)]
    batch = arrays.batch_of(fields, listed)
    changed = list(zip(fields, batch.expressions, strict=True))[1:]
    assignments = ", ".join(f"{field.column} = {expression}" for field, expression in changed)
    conditions, parameters = _conditions(model, guard)
    statement = (
        f"UPDATE {model._meta.db_table} AS t SET {assignments} "  # noqa: S608  # names of tables and columns, no value
        f"FROM {batch.source} WHERE t.id = v.c0 AND t.id = ANY(%s::bigint[]) AND {conditions} RETURNING t.id"
    )
    ids = arrays.numbers(row[0] for row in listed)
    updated = arrays.run(statement, [*batch.parameters, ids, *parameters])
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
    model: type[models.Model],
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    or_ignore: bool = False,
    needs_ids: bool = True,
) -> list[int]:
    """Insert rows of values; their ids in the same order if they are needed, none when conflicts are ignored."""
    if not rows:
        return []
    fields = [arrays.field_of(model, column) for column in columns]
    batch = arrays.batch_of(fields, rows)
    statement = (
        f"INSERT INTO {model._meta.db_table} ({', '.join(str(field.column) for field in fields)}) "  # noqa: S608  # names
        f"SELECT {', '.join(batch.expressions)} FROM {batch.source} "
        f"{'ON CONFLICT DO NOTHING' if or_ignore else 'RETURNING id' if needs_ids else ''}"
    )
    return [number for (number,) in arrays.run(statement, batch.parameters)]


def may_not_leave(
    subscription_ids: Sequence[int],
    channel_ids: Iterable[int],
    run_id: int,
    *,
    now: datetime,
    probe_ids: Sequence[int] = (),
) -> set[int]:
    """Those of this run's subscriptions, of these channels, whose message may not leave with the caller's transaction.

    The look of mark_leaving, for deliveries that are about to be written: the run stays alive until the commit, and the
    caller shares the sequences, so that nobody pauses them or takes a step away. Mostly there is none: those who may
    are named only if they are not all of them, who count as NULL.
    """
    statement = f"""
        WITH alive AS ({ALIVE}), active AS (
            SELECT id, trouble_until IS NULL OR trouble_until <= %s AS is_open FROM {Channel._meta.db_table}
            WHERE id = ANY(%s::bigint[]) AND state = 'active'
        ), leaving AS (
            SELECT s.id FROM alive, {Subscription._meta.db_table} AS s
            WHERE s.id = ANY(%s::bigint[]) AND s.run_id = alive.id AND s.state = 'active' AND (
                s.channel_id = ANY(ARRAY(SELECT id FROM active WHERE is_open))
                OR s.id = ANY(%s::bigint[]) AND s.channel_id = ANY(ARRAY(SELECT id FROM active)))
        )
        SELECT CASE WHEN count(*) < %s THEN coalesce(array_agg(id), '{{}}') END FROM leaving
    """  # noqa: S608  # names of tables, no value
    asked = set(subscription_ids)
    lists = map(arrays.numbers, (channel_ids, subscription_ids, probe_ids))
    ((leaving,),) = arrays.run(statement, [run_id, now, *lists, len(asked)])
    return set() if leaving is None else asked - set(leaving)


def mark_leaving(delivery_ids: Sequence[int], run_id: int, *, now: datetime, probe_ids: Sequence[int] = ()) -> set[int]:
    """Those of this run's deliveries whose request may leave now, marked as leaving.

    The run is alive, nobody stopped them or took their step away, their channel does not wait for its provider (but
    for the probe), and whoever gets them instead of the subscription's own contact may be written to.
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
          AND (d.fell_back_because = '' OR EXISTS (SELECT 1 FROM {Contact._meta.db_table} AS k
            WHERE k.id = d.contact_id AND k.opted_out_at IS NULL AND k.blocked_at IS NULL))
        RETURNING d.id
    """  # noqa: S608  # names of tables, no value
    ids, probes = arrays.numbers(delivery_ids), arrays.numbers(probe_ids)
    marked = arrays.run(statement, [run_id, now, ids, now, probes])
    return {number for (number,) in marked}
