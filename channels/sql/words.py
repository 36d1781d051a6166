"""What people do all day, taken up within the database: those who do it are known, and nothing hangs on it.

Round trips and planning are what an event costs; a function has its statements planned once a connection, and each of
them sees what was committed before it, as if they came one by one.
"""

# ruff: noqa: S608  # names of tables and columns, no value

from __future__ import annotations

from channels.models import Contact, SeenEvent

_CONTACTS = Contact._meta.db_table
# The reasons to take the longer way that lie in the person: what channels/actions/ decides of them in Python.
_NOTHING_TO_DECIDE = """
    c.person_id IS NULL AND told.other_name IN ('', c.other_address)
    AND (told.first_name = '' OR c.first_name <> '')
    AND (told.last_name = '' OR c.last_name <> '' OR c.first_name <> told.first_name)
    AND (told.language = '' OR c.language <> '')
    AND (read_since IS NULL OR coalesce(c.profile_read_at > read_since, FALSE)
        OR coalesce(c.profile_asked_at > asked_since, FALSE))"""

POSTGRESQL = (
    # Whether what these people did matters to anybody but us. Sequences put their own words in its place.
    """
    CREATE OR REPLACE FUNCTION channels_words_matter(
        people bigint[], in_workspace bigint, kinds text[], payloads text[]
    ) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RETURN FALSE; END $$""",
    # The same rows are locked in the same order as by channels/named.py, before anything is asked about them.
    f"""
    CREATE OR REPLACE FUNCTION channels_take_words(
        at_channel bigint, in_workspace bigint,
        people text[], other_names text[], first_names text[], last_names text[], languages text[],
        read_since timestamptz, asked_since timestamptz,
        addresses text[], names text[], moments timestamptz[], replies boolean[], kinds text[], payloads text[],
        heard_at timestamptz
    ) RETURNS boolean LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
    DECLARE
        plain bigint[];
    BEGIN
        SELECT array_agg(c.id) INTO plain FROM (
            SELECT * FROM {_CONTACTS}
            WHERE channel_id = at_channel AND workspace_id = in_workspace AND address = ANY(people)
            ORDER BY id FOR NO KEY UPDATE
        ) AS c JOIN unnest(people, other_names, first_names, last_names, languages)
            AS told(address, other_name, first_name, last_name, language) USING (address)
        WHERE {_NOTHING_TO_DECIDE};
        IF coalesce(cardinality(plain), 0) < cardinality(people)
            OR channels_words_matter(plain, in_workspace, kinds, payloads)
            OR EXISTS (SELECT 1 FROM {_CONTACTS}
                WHERE channel_id = at_channel AND workspace_id = in_workspace AND address <> ''
                AND address = ANY(other_names))
        THEN RETURN FALSE; END IF;
        WITH fresh AS (
            INSERT INTO {SeenEvent._meta.db_table} (workspace_id, channel_id, key, at)
            SELECT in_workspace, at_channel, name, heard_at FROM unnest(names) AS listed(name) ORDER BY name
            ON CONFLICT DO NOTHING RETURNING key
        ), latest AS (
            SELECT address, max(moment) AS at, max(moment) FILTER (WHERE is_reply) AS replied_at
            FROM unnest(addresses, names, moments, replies) AS told(address, name, moment, is_reply)
            WHERE name IN (SELECT key FROM fresh) GROUP BY address
        )
        UPDATE {_CONTACTS} AS c SET
            last_interaction_at = greatest(c.last_interaction_at, latest.at),
            last_reply_at = greatest(c.last_reply_at, latest.replied_at),
            blocked_at = CASE WHEN c.blocked_at > latest.at THEN c.blocked_at END,
            unreachable_in_a_row = 0
        FROM latest WHERE c.id = ANY(plain) AND c.address = latest.address;
        RETURN TRUE;
    END $$""",
)
