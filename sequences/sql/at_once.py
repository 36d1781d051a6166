"""What comes back for a sequence, taken up within PostgreSQL: whose words matter, and how far our messages came.

Each statement of a function sees what was committed before it: what is undecided is read first and the messages after,
as by sequences/actions/receipts.py, which does all that is more than to move a message forwards.
"""

# ruff: noqa: S608  # names of tables and columns, no value

from __future__ import annotations

from channels.models import Contact
from sequences.models import Delivery, EventRule, SentPart, Subscription
from sequences.rules.event_names import NOTICED_AS
from sequences.rules.payloads import PREFIX
from sequences.sql.concern import HOLDS, STOPS
from sequences.sql.heard import DOUBTFUL, MOVABLE, UNDECIDED

_NOTICED = " ".join(f"WHEN '{kind.value}' THEN '{name}'" for kind, name in NOTICED_AS.items())
_DELIVERIES, _PARTS, _CONTACTS = (model._meta.db_table for model in (Delivery, SentPart, Contact))

POSTGRESQL = (
    # What concern_of asks, and whether a button does something.
    f"""
    CREATE OR REPLACE FUNCTION channels_words_matter(
        people bigint[], in_workspace bigint, kinds text[], payloads text[]
    ) RETURNS boolean LANGUAGE plpgsql AS $$
    BEGIN
        RETURN EXISTS (SELECT 1 FROM unnest(payloads) AS one(payload) WHERE starts_with(payload, '{PREFIX}'))
            OR EXISTS (
                SELECT 1 FROM {Subscription._meta.db_table} AS s
                WHERE s.contact_id = ANY(people) AND s.state = 'active' AND (({HOLDS}) OR ({STOPS})))
            OR EXISTS (
                SELECT 1 FROM {EventRule._meta.db_table} WHERE workspace_id = in_workspace
                AND event IN (SELECT CASE kind {_NOTICED} END FROM unnest(kinds) AS one(kind)));
    END $$""",
    f"""
    CREATE OR REPLACE FUNCTION sequences_take_receipts(
        at_channel bigint, in_workspace bigint, people text[], proves_reach boolean, named bigint[],
        undecided_since timestamptz,
        addresses text[], names text[], untils timestamptz[], states text[], moments timestamptz[]
    ) RETURNS boolean LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
    DECLARE
        known bigint[];
        known_as text[];
        were_missed boolean;
        movable bigint[];
    BEGIN
        SELECT array_agg(id), array_agg(address), bool_or(unreachable_in_a_row > 0) INTO known, known_as, were_missed
        FROM {_CONTACTS} WHERE channel_id = at_channel AND workspace_id = in_workspace AND address = ANY(people);
        IF coalesce(cardinality(known), 0) < cardinality(people) OR (proves_reach AND were_missed)
            OR EXISTS (SELECT 1 FROM {_DELIVERIES}
                WHERE contact_id = ANY(known) AND {UNDECIDED} AND decided_at > undecided_since)
            OR EXISTS (SELECT 1 FROM {_DELIVERIES} WHERE id = ANY(named) AND {DOUBTFUL})
        THEN RETURN FALSE; END IF;
        SELECT array_agg(id) INTO movable FROM (
            SELECT id FROM {_DELIVERIES} WHERE {MOVABLE} AND id = ANY(ARRAY(
                SELECT delivery_id FROM {_PARTS}
                WHERE channel_id = at_channel AND provider_message_id <> '' AND provider_message_id = ANY(names)
                UNION ALL SELECT id FROM {_DELIVERIES}
                WHERE {MOVABLE} AND (state = 'sent' OR 'read' = ANY(states)) AND contact_id = ANY(ARRAY(
                    SELECT k.id FROM unnest(known, known_as) AS k(id, address)
                    JOIN unnest(addresses, untils) AS r(address, until) USING (address) WHERE until IS NOT NULL))
            )) ORDER BY id FOR NO KEY UPDATE
        ) AS locked;
        IF movable IS NULL THEN RETURN TRUE; END IF;
        WITH told AS (
            SELECT k.id AS contact_id, name, until, state, at
            FROM unnest(addresses, names, untils, states, moments) AS r(address, name, until, state, at)
            JOIN unnest(known, known_as) AS k(id, address) USING (address)
        ), latest AS (
            SELECT DISTINCT ON (delivery_id) delivery_id, channel_id, provider_message_id, left_at
            FROM {_PARTS} WHERE delivery_id = ANY(movable) ORDER BY delivery_id, part DESC
        ), moved AS (
            SELECT l.delivery_id AS id, state, at FROM latest AS l JOIN told ON name = l.provider_message_id
            WHERE name <> '' AND l.channel_id = at_channel
            UNION SELECT d.id, told.state, at FROM told JOIN {_DELIVERIES} AS d ON d.contact_id = told.contact_id
            JOIN latest AS l ON l.delivery_id = d.id
            WHERE d.id = ANY(movable) AND until >= coalesce(l.left_at, d.decided_at)
        )
        UPDATE {_DELIVERIES} AS d SET
            state = moved.state, delivered_at = coalesce(d.delivered_at, at),
            read_at = CASE moved.state WHEN 'read' THEN at ELSE d.read_at END
        FROM moved WHERE d.id = moved.id AND d.id = ANY(movable) AND (moved.state = 'read' OR d.state = 'sent');
        RETURN TRUE;
    END $$""",
)
