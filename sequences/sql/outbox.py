"""What outside programs are told of, written by the database in the transaction in which it happens.

Nothing that moves a delivery, a subscription or a contact can forget it, and nothing in the engine knows of it. Where
no endpoint wants to be told, a statement over a batch costs one look into an empty table.
"""

from __future__ import annotations

from typing import Any

from django.db import connection

_TOLD = ("sent", "delivered", "read", "failed", "skipped", "unknown")
_STATES = ", ".join(f"'{state}'" for state in _TOLD)
_COLUMNS = """workspace_id, endpoint_id, key, type, contact_id, subscription_id, delivery_id, reason, at, recorded_at,
            state, attempts, next_attempt_at, body"""
_AT_OF = (
    "CASE {row}.state WHEN 'sent' THEN {row}.sent_at WHEN 'delivered' THEN {row}.delivered_at "
    "WHEN 'read' THEN {row}.read_at ELSE {row}.decided_at END"
)
# type, contact, subscription, delivery, reason and moment of a row, by the table it stands in.
_OF_DELIVERY = (
    "'message.' || {row}.state",
    "{row}.contact_id",
    "{row}.subscription_id",
    "{row}.id",
    "{row}.reason",
    f"coalesce({_AT_OF}, {{row}}.decided_at)",
)
_OF_START = (
    "'subscription.started'",
    "{row}.contact_id",
    "{row}.id",
    "{null}",
    "''",
    "{row}.subscribed_at",
)
_OF_END = (
    "'subscription.' || {row}.state",
    "{row}.contact_id",
    "{row}.id",
    "{null}",
    "{row}.ended_because",
    "coalesce({row}.ended_at, {row}.subscribed_at)",
)
_OF_OPT_OUT = ("'contact.opted_out'", "{row}.id", "{null}", "{null}", "''", "{row}.opted_out_at")
_OF_ERASURE = ("'contact.erased'", "{row}.id", "{null}", "{null}", "''", "{row}.erased_at")
_OF_BLOCK = ("'contact.blocked'", "{row}.id", "{null}", "{null}", "''", "{row}.blocked_at")

# Started and ended in one statement, a subscription without messages is told of twice.
_ENDED_AT_ONCE = "{row}.state <> 'active'"


def _on_postgresql(what: tuple[str, ...], rows: str, row: str, where: str = "TRUE") -> str:
    kind, contact, subscription, delivery, reason, at = (
        part.format(row=row, null="CAST(NULL AS bigint)") for part in what
    )
    return f"""
        INSERT INTO sequences_webhookmessage ({_COLUMNS})
        SELECT {row}.workspace_id, e.id, 'msg_' || replace(gen_random_uuid()::text, '-', ''), {kind}, {contact},
            {subscription}, {delivery}, {reason}, {at}, clock_timestamp(), 'waiting', 0, {at}, ''
        FROM {rows} JOIN sequences_webhookendpoint AS e ON e.workspace_id = {row}.workspace_id AND e.is_recording
            AND (e.event_types = '[]' OR e.event_types ? ({kind}))
        WHERE {where.format(row=row)};"""


_NOBODY = "IF NOT EXISTS (SELECT 1 FROM sequences_webhookendpoint WHERE is_recording) THEN RETURN NULL; END IF;"


def _function(name: str, *inserts: str) -> str:
    return f"""
    CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        {_NOBODY}{"".join(inserts)}
        RETURN NULL;
    END $$"""


_ONE = "(SELECT NEW.*) AS made"
POSTGRESQL = (
    _function(
        "sequences_outbox_delivery_made",
        _on_postgresql(_OF_DELIVERY, "made", "made", f"made.state IN ({_STATES})"),
    ),
    _function(
        "sequences_outbox_delivery_moved",
        _on_postgresql(
            _OF_DELIVERY,
            "made JOIN gone ON gone.id = made.id",
            "made",
            f"made.state IN ({_STATES}) AND made.state <> gone.state",
        ),
    ),
    _function(
        "sequences_outbox_subscription_made",
        _on_postgresql(_OF_START, "made", "made"),
        _on_postgresql(_OF_END, "made", "made", _ENDED_AT_ONCE),
    ),
    _function("sequences_outbox_subscription_ended", _on_postgresql(_OF_END, _ONE, "made")),
    _function("sequences_outbox_contact_opted_out", _on_postgresql(_OF_OPT_OUT, _ONE, "made")),
    _function("sequences_outbox_contact_blocked", _on_postgresql(_OF_BLOCK, _ONE, "made")),
    """
    CREATE TRIGGER sequences_outbox_delivery_made AFTER INSERT ON sequences_delivery
    REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION sequences_outbox_delivery_made()""",
    # Beside the tallies' trigger, which needs the same two tables: the database makes them once.
    """
    CREATE TRIGGER sequences_outbox_delivery_moved AFTER UPDATE ON sequences_delivery
    REFERENCING NEW TABLE AS made OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION sequences_outbox_delivery_moved()""",
    """
    CREATE TRIGGER sequences_outbox_subscription_made AFTER INSERT ON sequences_subscription
    REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION sequences_outbox_subscription_made()""",
    # By row, with a condition: a wave that moves hundreds on and ends none calls nothing and keeps no copies.
    """
    CREATE TRIGGER sequences_outbox_subscription_ended AFTER UPDATE OF state ON sequences_subscription
    FOR EACH ROW WHEN (OLD.state = 'active' AND NEW.state <> 'active')
    EXECUTE FUNCTION sequences_outbox_subscription_ended()""",
    """
    CREATE TRIGGER sequences_outbox_contact_opted_out AFTER UPDATE OF opted_out_at ON channels_contact
    FOR EACH ROW WHEN (OLD.opted_out_at IS NULL AND NEW.opted_out_at IS NOT NULL)
    EXECUTE FUNCTION sequences_outbox_contact_opted_out()""",
    """
    CREATE TRIGGER sequences_outbox_contact_blocked AFTER UPDATE OF blocked_at ON channels_contact
    FOR EACH ROW WHEN (OLD.blocked_at IS NULL AND NEW.blocked_at IS NOT NULL)
    EXECUTE FUNCTION sequences_outbox_contact_blocked()""",
)

# Since people can be erased.
POSTGRESQL_ERASURES = (
    _function("sequences_outbox_contact_erased", _on_postgresql(_OF_ERASURE, _ONE, "made")),
    """
    CREATE TRIGGER sequences_outbox_contact_erased AFTER UPDATE OF erased_at ON channels_contact
    FOR EACH ROW WHEN (OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL)
    EXECUTE FUNCTION sequences_outbox_contact_erased()""",
)

_NOW = "strftime('%Y-%m-%d %H:%M:%f000', 'now')"


def _insert_on_sqlite(what: tuple[str, ...], where: str = "TRUE") -> str:
    kind, contact, subscription, delivery, reason, at = (part.format(row="NEW", null="NULL") for part in what)
    return f"""
        INSERT INTO sequences_webhookmessage ({_COLUMNS})
        SELECT NEW.workspace_id, e.id, 'msg_' || lower(hex(randomblob(16))), {kind}, {contact}, {subscription},
            {delivery}, {reason}, {at}, {_NOW}, 'waiting', 0, {at}, ''
        FROM sequences_webhookendpoint AS e
        WHERE {_MINE} AND {where} AND (e.event_types = '[]' OR EXISTS (
            SELECT 1 FROM json_each(e.event_types) AS wanted WHERE wanted.value = {kind}));"""


def _on_sqlite(name: str, event: str, when: str, *inserts: str) -> str:
    return f"""
    CREATE TRIGGER IF NOT EXISTS {name} AFTER {event}
    WHEN {when} AND EXISTS (SELECT 1 FROM sequences_webhookendpoint AS e WHERE {_MINE})
    BEGIN {"".join(inserts)}
    END"""


_MINE = "e.workspace_id = NEW.workspace_id AND e.is_recording"
_SQLITE: dict[str, tuple[str, ...]] = {
    "sequences_outbox_delivery_made": (
        "INSERT ON sequences_delivery",
        f"NEW.state IN ({_STATES})",
        _insert_on_sqlite(_OF_DELIVERY),
    ),
    "sequences_outbox_delivery_moved": (
        "UPDATE OF state ON sequences_delivery",
        f"NEW.state <> OLD.state AND NEW.state IN ({_STATES})",
        _insert_on_sqlite(_OF_DELIVERY),
    ),
    "sequences_outbox_subscription_made": (
        "INSERT ON sequences_subscription",
        "TRUE",
        _insert_on_sqlite(_OF_START),
        _insert_on_sqlite(_OF_END, _ENDED_AT_ONCE.format(row="NEW")),
    ),
    "sequences_outbox_subscription_ended": (
        "UPDATE OF state ON sequences_subscription",
        "OLD.state = 'active' AND NEW.state <> 'active'",
        _insert_on_sqlite(_OF_END),
    ),
    "sequences_outbox_contact_opted_out": (
        "UPDATE OF opted_out_at ON channels_contact",
        "OLD.opted_out_at IS NULL AND NEW.opted_out_at IS NOT NULL",
        _insert_on_sqlite(_OF_OPT_OUT),
    ),
    "sequences_outbox_contact_erased": (
        "UPDATE OF erased_at ON channels_contact",
        "OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL",
        _insert_on_sqlite(_OF_ERASURE),
    ),
    "sequences_outbox_contact_blocked": (
        "UPDATE OF blocked_at ON channels_contact",
        "OLD.blocked_at IS NULL AND NEW.blocked_at IS NOT NULL",
        _insert_on_sqlite(_OF_BLOCK),
    ),
}
SQLITE = tuple(_on_sqlite(name, *parts) for name, parts in _SQLITE.items())


def restore_triggers(**_given: Any) -> None:
    """SQLite drops the triggers of a table with each migration that rebuilds it."""
    _on_sqlite_only(SQLITE)


def take_triggers_away(plan: Any = (), **_given: Any) -> None:
    """Before SQLite's tables are rebuilt: a trigger elsewhere that names a table just being rebuilt forbids it."""
    if plan:
        _on_sqlite_only(tuple(f"DROP TRIGGER IF EXISTS {name}" for name in _SQLITE))


def _on_sqlite_only(statements: tuple[str, ...]) -> None:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
