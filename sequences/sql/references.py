"""What the rows written for every message point at, looked up once a statement: PostgreSQL's own keys ask row by row.

Promised is what the composite keys promise, and more: the row that is pointed at exists, is of the same workspace, a
delivery's contact and channel are its subscription's, a part's channel its delivery's; nothing of it ever changes; and
what is pointed at is not deleted. Contact and channel stand behind the subscription, whose own keys stay as they are.
"""

# ruff: noqa: S608  # names of tables and columns, no value

from __future__ import annotations

# Table, column: references for which no composite key exists in the database (docs/decisions/0008).
LOOKED_UP = (
    ("sequences_delivery", "subscription_id"),
    ("sequences_delivery", "step_id"),
    ("sequences_delivery", "contact_id"),
    ("sequences_delivery", "channel_id"),
    ("sequences_sentpart", "delivery_id"),
    ("sequences_sentpart", "channel_id"),
    ("sequences_subscription", "next_step_id"),
    ("sequences_subscription", "last_step_id"),
)


def _function(name: str, body: str) -> str:
    return f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$"


def _refusal(table: str) -> str:
    return (
        f"RAISE foreign_key_violation USING MESSAGE = 'a row of {table} points at what is not there, or not its own';"
    )


def _owned(table: str, column: str, owner: str, same: tuple[str, ...]) -> str:
    """Each new row has its owner, locked against deletion as a key would."""
    tests = " AND ".join(f"o.{one} = m.{one}" for one in same)
    return f"""
        PERFORM 1 FROM made AS m JOIN {owner} AS o ON o.id = m.{column} AND {tests} ORDER BY o.id FOR KEY SHARE OF o;
        GET DIAGNOSTICS found = ROW_COUNT;
        IF found <> (SELECT count(*) FROM made) THEN {_refusal(table)} END IF;"""


def _steps(table: str, *columns: str) -> str:
    """Each step that the new rows name is of their workspace: a batch names few.

    `OFFSET 0` has each looked up by itself: a plan made while there were few steps would read all of them.
    """
    named = ", ".join(("workspace_id", *columns))
    missing = " OR ".join(
        f"m.{one} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM sequences_step AS t "
        f"WHERE t.id = m.{one} AND t.workspace_id = m.workspace_id OFFSET 0)"
        for one in columns
    )
    return f"""
        IF EXISTS (SELECT 1 FROM (SELECT {named} FROM made GROUP BY {named}) AS m WHERE {missing})
        THEN {_refusal(table)} END IF;"""


def subscription_steps() -> str:
    """The function that looks at the steps of subscriptions, as it is today; replacing it locks no table."""
    body = "BEGIN" + _steps("sequences_subscription", "next_step_id", "last_step_id") + " RETURN NULL; END"
    return _function("sequences_subscription_steps", body)


def _after(event: str, table: str, function: str) -> str:
    rows = "OLD TABLE AS gone" if event == "DELETE" else "NEW TABLE AS made"
    return (
        f"CREATE TRIGGER {function}_{event.lower()} AFTER {event} ON {table} REFERENCING {rows} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
    )


def _never_changing(table: str, *columns: str) -> str:
    changes = " OR ".join(f"OLD.{one} IS DISTINCT FROM NEW.{one}" for one in columns)
    return (
        f"CREATE TRIGGER {table}_stays AFTER UPDATE OF {', '.join(columns)} ON {table} FOR EACH ROW "
        f"WHEN ({changes}) EXECUTE FUNCTION sequences_stays()"
    )


def _kept(function: str, *pointing: tuple[str, str]) -> str:
    """Nothing points at the rows that were deleted."""
    tests = " OR ".join(
        f"EXISTS (SELECT 1 FROM gone AS g JOIN {table} AS p ON p.{column} = g.id)" for table, column in pointing
    )
    return _function(function, f"BEGIN IF {tests} THEN {_refusal(pointing[0][0])} END IF; RETURN NULL; END")


POSTGRESQL = (
    _function(
        "sequences_delivery_owned",
        "DECLARE found bigint; BEGIN"
        + _owned(
            "sequences_delivery",
            "subscription_id",
            "sequences_subscription",
            ("workspace_id", "contact_id", "channel_id"),
        )
        + _steps("sequences_delivery", "step_id")
        + " RETURN NULL; END",
    ),
    _after("INSERT", "sequences_delivery", "sequences_delivery_owned"),
    _function(
        "sequences_sentpart_owned",
        "DECLARE found bigint; BEGIN"
        + _owned("sequences_sentpart", "delivery_id", "sequences_delivery", ("workspace_id", "channel_id"))
        + " RETURN NULL; END",
    ),
    _after("INSERT", "sequences_sentpart", "sequences_sentpart_owned"),
    subscription_steps(),
    _after("INSERT", "sequences_subscription", "sequences_subscription_steps"),
    _after("UPDATE", "sequences_subscription", "sequences_subscription_steps"),
    _function("sequences_stays", f"BEGIN {_refusal('this table')} END"),
    _never_changing("sequences_delivery", "workspace_id", "subscription_id", "step_id", "contact_id", "channel_id"),
    _never_changing("sequences_sentpart", "workspace_id", "delivery_id", "channel_id"),
    _never_changing("sequences_subscription", "workspace_id", "contact_id", "channel_id"),
    _kept("sequences_delivery_kept", ("sequences_sentpart", "delivery_id")),
    _after("DELETE", "sequences_delivery", "sequences_delivery_kept"),
    _kept("sequences_subscription_kept", ("sequences_delivery", "subscription_id")),
    _after("DELETE", "sequences_subscription", "sequences_subscription_kept"),
    _kept(
        "sequences_step_kept",
        ("sequences_delivery", "step_id"),
        ("sequences_subscription", "next_step_id"),
        ("sequences_subscription", "last_step_id"),
    ),
    _after("DELETE", "sequences_step", "sequences_step_kept"),
)
