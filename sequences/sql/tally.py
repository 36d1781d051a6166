"""Numbers of messages and sequences, kept by the database: nothing that writes a row forgets them, and none scans."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Model

from sequences.rules.slots import SECONDS

# Those that are decided. What is on its way changes too often to be worth a number.
DECIDED = "('sent', 'delivered', 'read', 'failed', 'skipped', 'unknown')"


def _slot(moment: str) -> str:
    if connection.vendor == "postgresql":
        # As a double, which is exact enough: extract() counts in decimals, at several times the cost.
        return f"floor(date_part('epoch', {moment}) / {SECONDS})::integer"
    return f"(CAST(strftime('%s', {moment}) AS INTEGER) / {SECONDS})"


def _function(name: str, statement: str, first: str = "") -> str:
    return f"""
    CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        {first}{statement};
        RETURN NULL;
    END $$"""


_BOTH_SIDES = """

        SELECT workspace_id, {owner}, word, {slot}, sum(n) FROM (
            SELECT workspace_id, {owner}, {word} AS word, state, {moment} AS at, 1 AS n FROM made
            UNION ALL SELECT workspace_id, {owner}, {word}, state, {moment}, -1 FROM gone
        ) AS both_sides WHERE {where} GROUP BY 1, 2, 3, 4 HAVING sum(n) <> 0"""
_INTO_TALLIES = "INSERT INTO sequences_tally (workspace_id, step_id, state, slot, number)"
_INTO_ENTRIES = "INSERT INTO sequences_entrytally (workspace_id, sequence_id, word, slot, number)"
_ENDED_AT = "coalesce(ended_at, subscribed_at)"
# A wave that moves hundreds on and ends none is done here.
_NOBODY_ENDED = "IF NOT EXISTS (SELECT 1 FROM made WHERE state <> 'active') THEN RETURN NULL; END IF;"


def functions_on_postgresql() -> tuple[str, ...]:
    """What the triggers call, as it is today; replacing them locks no table."""
    at, came, left = (_slot(moment) for moment in ("decided_at", "subscribed_at", _ENDED_AT))
    deliveries = {"owner": "step_id", "word": "state", "moment": "decided_at", "slot": _slot("at")}
    people = {"owner": "sequence_id", "word": "ended_because", "moment": _ENDED_AT, "slot": _slot("at")}
    return (
        _function(
            "sequences_tally_made",
            f"""{_INTO_TALLIES}
            SELECT workspace_id, step_id, state, {at}, count(*) FROM made
            WHERE state IN {DECIDED} GROUP BY 1, 2, 3, 4""",
        ),
        _function(
            "sequences_tally_moved",
            _INTO_TALLIES + _BOTH_SIDES.format(**deliveries, where=f"state IN {DECIDED}"),
        ),
        _function(
            "sequences_entries_made",
            f"""{_INTO_ENTRIES}
            SELECT workspace_id, sequence_id, 'subscribed', {came}, count(*) FROM made GROUP BY 1, 2, 4
            UNION ALL SELECT workspace_id, sequence_id, ended_because, {left}, count(*) FROM made
            WHERE state <> 'active' GROUP BY 1, 2, 3, 4""",
        ),
        _function(
            "sequences_entries_ended",
            _INTO_ENTRIES + _BOTH_SIDES.format(**people, where="state <> 'active'"),
            first=_NOBODY_ENDED,
        ),
    )


# Those on deliveries are as old as the tallies.
ENTRY_TRIGGERS_ON_POSTGRESQL = (
    """
    CREATE TRIGGER sequences_entries_made AFTER INSERT ON sequences_subscription
    REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION sequences_entries_made()""",
    """
    CREATE TRIGGER sequences_entries_ended AFTER UPDATE ON sequences_subscription
    REFERENCING NEW TABLE AS made OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION sequences_entries_ended()""",
)


def _add(table: str, owner: str, word: str, values: tuple[str, str, str, str], number: str, where: str) -> str:
    """One more, or one less, of that word in that slot; `values`: workspace, owner, word and slot as expressions."""
    workspace, of, what, slot = values
    row = f"{owner} = {of} AND {word} = {what} AND slot = {slot}"
    return f"""
        INSERT INTO {table} (workspace_id, {owner}, {word}, slot, number)
        SELECT {workspace}, {of}, {what}, {slot}, 0 WHERE {where} AND NOT EXISTS (SELECT 1 FROM {table} WHERE {row});
        UPDATE {table} SET number = number {number} WHERE {row} AND {where};"""


def _delivery(row: str, number: str) -> str:
    values = (f"{row}.workspace_id", f"{row}.step_id", f"{row}.state", _slot(f"{row}.decided_at"))
    return _add("sequences_tally", "step_id", "state", values, number, f"{row}.state IN {DECIDED}")


def _entry(row: str, word: str, moment: str, number: str, where: str) -> str:
    values = (f"{row}.workspace_id", f"{row}.sequence_id", word, _slot(moment))
    return _add("sequences_entrytally", "sequence_id", "word", values, number, where)


def _end(row: str, number: str) -> str:
    moment = f"coalesce({row}.ended_at, {row}.subscribed_at)"
    return _entry(row, f"{row}.ended_because", moment, number, f"{row}.state <> 'active'")


def _triggers_on_sqlite() -> dict[str, str]:
    came = _entry("NEW", "'subscribed'", "NEW.subscribed_at", "+ 1", "TRUE")
    return {
        "sequences_tally_made": f"AFTER INSERT ON sequences_delivery WHEN NEW.state IN {DECIDED} "
        f"BEGIN {_delivery('NEW', '+ 1')} END",
        "sequences_tally_moved": "AFTER UPDATE OF state, decided_at ON sequences_delivery "
        f"WHEN (NEW.state <> OLD.state OR NEW.decided_at <> OLD.decided_at) "
        f"AND (NEW.state IN {DECIDED} OR OLD.state IN {DECIDED}) "
        f"BEGIN {_delivery('OLD', '- 1')} {_delivery('NEW', '+ 1')} END",
        "sequences_entries_made": f"AFTER INSERT ON sequences_subscription BEGIN {came} {_end('NEW', '+ 1')} END",
        "sequences_entries_ended": "AFTER UPDATE OF state ON sequences_subscription WHEN NEW.state <> OLD.state "
        f"BEGIN {_end('OLD', '- 1')} {_end('NEW', '+ 1')} END",
    }


def restore_triggers(**_given: Any) -> None:
    """SQLite drops the triggers of a table with each migration that rebuilds it."""
    _on_sqlite_only([f"CREATE TRIGGER IF NOT EXISTS {name} {rest}" for name, rest in _triggers_on_sqlite().items()])


def take_triggers_away(plan: Any = (), **_given: Any) -> None:
    """Before SQLite's tables are rebuilt: a trigger elsewhere that names a table just being rebuilt forbids it."""
    if plan:
        _on_sqlite_only([f"DROP TRIGGER IF EXISTS {name}" for name in _triggers_on_sqlite()])


def _on_sqlite_only(statements: list[str]) -> None:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)


def add_to_days(day: type[Model], owner: str, word: str, rows: list[tuple[int, int, date, str, int]]) -> None:
    """`rows`: workspace, owner, day, word, number; what stands there already grows by it."""
    if not rows:
        return
    table = day._meta.db_table
    statement = (
        f'INSERT INTO {table} (workspace_id, {owner}, "on", {word}, number) '
        f"VALUES {', '.join(['(%s, %s, %s, %s, %s)'] * len(rows))} "
        f'ON CONFLICT ({owner}, "on", {word}, workspace_id) DO UPDATE SET number = {table}.number + excluded.number'
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [value for row in rows for value in row])


def days_before_they_were_counted() -> tuple[str, ...]:
    """What history says of days and the tallies do not, each by one statement that sees both at one moment.

    A number that gets its slot leaves those without one, so that no sum changes.
    """
    known = "SELECT workspace_id, step_id, state, slot, -number AS n FROM sequences_tally WHERE slot IS NOT NULL"
    of_them = f"SELECT workspace_id, step_id, state, {_slot('decided_at')} AS slot, 1 AS n FROM sequences_delivery"
    missing = f"""
        SELECT workspace_id, step_id, state, slot, sum(n) AS number
        FROM ({of_them} WHERE state IN {DECIDED} UNION ALL {known}) AS sides GROUP BY 1, 2, 3, 4 HAVING sum(n) <> 0"""
    came = f"SELECT workspace_id, sequence_id, 'subscribed' AS word, {_slot('subscribed_at')} AS slot, 1 AS n"
    left = f"SELECT workspace_id, sequence_id, ended_because, {_slot(_ENDED_AT)}, 1"
    counted = "SELECT workspace_id, sequence_id, word, slot, -number FROM sequences_entrytally"
    return (
        f"""
        WITH missing AS ({missing}) {_INTO_TALLIES}
        SELECT workspace_id, step_id, state, slot, number FROM missing
        UNION ALL SELECT workspace_id, step_id, state, NULL, -sum(number) FROM missing GROUP BY 1, 2, 3""",
        f"""
        {_INTO_ENTRIES}
        SELECT workspace_id, sequence_id, word, slot, sum(n) FROM (
            {came} FROM sequences_subscription
            UNION ALL {left} FROM sequences_subscription WHERE state <> 'active'
            UNION ALL {counted} WHERE slot IS NOT NULL
        ) AS sides GROUP BY 1, 2, 3, 4 HAVING sum(n) <> 0""",
    )
