"""What is looked up of messages that go to another contact of the same person (references.py says what, and why so).

A delivery belongs to its subscription's contact, or to one of the same person in the same workspace; its channel is
its contact's. Both may change while nothing of it was accepted, and never later. A subscription's channel is the one
in whose line it stands: its own key ties it to the workspace.
"""

# ruff: noqa: S608  # names of tables, no value

from __future__ import annotations

from sequences.sql.references import _function, _never_changing, _refusal, _steps

_OWNED = """
    PERFORM 1 FROM made AS m JOIN sequences_subscription AS o
        ON o.id = m.subscription_id AND o.workspace_id = m.workspace_id ORDER BY o.id FOR KEY SHARE OF o;
    GET DIAGNOSTICS found = ROW_COUNT;
    IF found <> (SELECT count(*) FROM made)"""
_MISPLACED = """
    IF EXISTS (SELECT 1 FROM {made} AS m JOIN sequences_subscription AS o ON o.id = m.subscription_id
        WHERE NOT (o.contact_id = m.contact_id AND o.channel_id = m.channel_id) AND NOT EXISTS (
            SELECT 1 FROM channels_contact AS k JOIN channels_contact AS h ON h.id = o.contact_id
            WHERE k.id = m.contact_id AND k.channel_id = m.channel_id AND k.workspace_id = m.workspace_id
                AND (k.id = h.id OR k.person_id = h.person_id)))"""

POSTGRESQL = (
    "DROP TRIGGER sequences_delivery_stays ON sequences_delivery",
    "DROP TRIGGER sequences_subscription_stays ON sequences_subscription",
    _function(
        "sequences_delivery_owned",
        f"DECLARE found bigint; BEGIN {_OWNED} THEN {_refusal('sequences_delivery')} END IF;"
        + _MISPLACED.format(made="made")
        + f" THEN {_refusal('sequences_delivery')} END IF;"
        + _steps("sequences_delivery", "step_id")
        + " RETURN NULL; END",
    ),
    _function(
        "sequences_delivery_moves",
        "BEGIN"
        + _MISPLACED.format(made="(SELECT NEW.*)")
        + f" THEN {_refusal('sequences_delivery')} END IF; RETURN NULL; END",
    ),
    _never_changing("sequences_delivery", "workspace_id", "subscription_id", "step_id"),
    _never_changing("sequences_subscription", "workspace_id", "contact_id"),
    "CREATE TRIGGER sequences_delivery_sent_stays AFTER UPDATE OF contact_id, channel_id ON sequences_delivery "
    "FOR EACH ROW WHEN (OLD.sent_at IS NOT NULL AND (OLD.contact_id IS DISTINCT FROM NEW.contact_id "
    "OR OLD.channel_id IS DISTINCT FROM NEW.channel_id)) EXECUTE FUNCTION sequences_stays()",
    "CREATE TRIGGER sequences_delivery_moves AFTER UPDATE OF contact_id, channel_id ON sequences_delivery "
    "FOR EACH ROW WHEN (OLD.contact_id IS DISTINCT FROM NEW.contact_id OR OLD.channel_id IS DISTINCT FROM "
    "NEW.channel_id) EXECUTE FUNCTION sequences_delivery_moves()",
)
