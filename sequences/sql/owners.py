"""To whom a new delivery and a new part belong, looked up by the key at any size of the tables (as references.py says).

A session keeps the plan of a trigger's statement. Made while the tables were small, it reads all owners, each time, and
so does a join of the new rows with their owners. So owners are asked for by a list of keys, which nothing but the index
may answer, and what was found is hashed.
"""

# ruff: noqa: S608  # names of tables and columns, no value

from __future__ import annotations

from sequences.sql.elsewhere import _MISPLACED
from sequences.sql.references import _refusal, _steps


def _owners(owner: str, column: str, *columns: str) -> str:
    """The owners of the new rows, locked against deletion as a key would, in one order."""
    return f"""
        WITH owners AS MATERIALIZED (
            SELECT {", ".join(columns)} FROM {owner} WHERE id = ANY(ARRAY(SELECT {column} FROM made))
            ORDER BY id FOR KEY SHARE)"""


def _count(own: str, owners: str) -> str:
    return f"count(*) FILTER (WHERE ({own}) IN (SELECT {owners} FROM owners))"


_HOME = "workspace_id, contact_id, channel_id"
_DELIVERIES = f"""
    DECLARE number bigint; at_home bigint;
    BEGIN
        {_owners("sequences_subscription", "subscription_id", "id", _HOME)}
        SELECT count(*), {_count(f"subscription_id, {_HOME}", f"id, {_HOME}")}
        INTO number, at_home FROM made;
        IF at_home <> number THEN
            IF number <> (SELECT count(*) FROM made AS m JOIN sequences_subscription AS o
                ON o.id = m.subscription_id AND o.workspace_id = m.workspace_id)
            THEN {_refusal("sequences_delivery")} END IF;
            {_MISPLACED.format(made="made")} THEN {_refusal("sequences_delivery")} END IF;
        END IF;
        {_steps("sequences_delivery", "step_id")}
        RETURN NULL;
    END"""
_PARTS = f"""
    DECLARE number bigint; owned bigint;
    BEGIN
        {_owners("sequences_delivery", "delivery_id", "id", "workspace_id", "channel_id")}
        SELECT count(*), {_count("delivery_id, workspace_id, channel_id", "id, workspace_id, channel_id")}
        INTO number, owned FROM made;
        IF owned <> number THEN {_refusal("sequences_sentpart")} END IF;
        RETURN NULL;
    END"""


def _function(name: str, body: str) -> str:
    return f"""
    CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$ {body} $$"""


POSTGRESQL = (_function("sequences_delivery_owned", _DELIVERIES), _function("sequences_sentpart_owned", _PARTS))
