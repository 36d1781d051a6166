"""Numbers of each message, kept by the database: nothing that writes a delivery can forget them, and none scans."""

from __future__ import annotations

from typing import Any

from django.db import connection

# Those that are decided. What is on its way changes too often to be worth a number.
DECIDED = "('sent', 'delivered', 'read', 'failed', 'skipped', 'unknown')"

POSTGRESQL = (
    f"""
    CREATE FUNCTION sequences_tally_made() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO sequences_tally (workspace_id, step_id, state, number)
        SELECT workspace_id, step_id, state, count(*) FROM made WHERE state IN {DECIDED} GROUP BY 1, 2, 3;
        RETURN NULL;
    END $$""",
    f"""
    CREATE FUNCTION sequences_tally_moved() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO sequences_tally (workspace_id, step_id, state, number)
        SELECT workspace_id, step_id, state, sum(n) FROM (
            SELECT workspace_id, step_id, state, 1 AS n FROM made
            UNION ALL SELECT workspace_id, step_id, state, -1 FROM gone
        ) AS both_sides WHERE state IN {DECIDED} GROUP BY 1, 2, 3 HAVING sum(n) <> 0;
        RETURN NULL;
    END $$""",
    """
    CREATE TRIGGER sequences_tally_made AFTER INSERT ON sequences_delivery
    REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION sequences_tally_made()""",
    """
    CREATE TRIGGER sequences_tally_moved AFTER UPDATE ON sequences_delivery
    REFERENCING NEW TABLE AS made OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION sequences_tally_moved()""",
)


def _on_sqlite(row: str, number: str) -> str:
    return f"""
        INSERT INTO sequences_tally (workspace_id, step_id, state, number)
        SELECT {row}.workspace_id, {row}.step_id, {row}.state, 0 WHERE {row}.state IN {DECIDED} AND NOT EXISTS (
            SELECT 1 FROM sequences_tally WHERE step_id = {row}.step_id AND state = {row}.state);
        UPDATE sequences_tally SET number = number {number}
        WHERE step_id = {row}.step_id AND state = {row}.state AND {row}.state IN {DECIDED};"""


SQLITE = (
    "CREATE TRIGGER IF NOT EXISTS sequences_tally_made AFTER INSERT ON sequences_delivery "
    f"WHEN NEW.state IN {DECIDED} BEGIN {_on_sqlite('NEW', '+ 1')} END",
    "CREATE TRIGGER IF NOT EXISTS sequences_tally_moved AFTER UPDATE OF state ON sequences_delivery "
    "WHEN NEW.state <> OLD.state "
    f"BEGIN {_on_sqlite('OLD', '- 1')} {_on_sqlite('NEW', '+ 1')} END",
)

# What was decided before there were numbers.
ALREADY_DECIDED = f"""
    INSERT INTO sequences_tally (workspace_id, step_id, state, number)
    SELECT workspace_id, step_id, state, count(*) FROM sequences_delivery WHERE state IN {DECIDED} GROUP BY 1, 2, 3"""

_FOLD = """
    WITH crowded AS (SELECT step_id FROM sequences_tally GROUP BY 1 HAVING count(*) > %s LIMIT 50),
    gone AS (
        DELETE FROM sequences_tally WHERE id IN (
            SELECT id FROM sequences_tally WHERE step_id IN (SELECT step_id FROM crowded)
            ORDER BY id LIMIT 10000 FOR UPDATE SKIP LOCKED
        ) RETURNING workspace_id, step_id, state, number
    )
    INSERT INTO sequences_tally (workspace_id, step_id, state, number)
    SELECT workspace_id, step_id, state, sum(number) FROM gone GROUP BY 1, 2, 3 HAVING sum(number) <> 0"""


def restore_triggers(**_given: Any) -> None:
    """SQLite drops the triggers of a table with each migration that rebuilds it."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for statement in SQLITE:
                cursor.execute(statement)


def fold_tallies(*, above: int = 100) -> None:
    """One row a state for messages that have more than `above` rows; on SQLite there is never more than one."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(_FOLD, [above])
