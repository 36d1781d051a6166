"""Whether what people just did may concern anybody's sequence: one small statement for each post of a provider."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from sequencer.stored_rows import placeholders
from sequences.models import EventRule, Subscription, SubscriptionState
from sequences.models import Sequence as SequenceModel
from sequences.rules.reasons import Because

# Of an active subscription `s`: a message waits for them to write; a reply ends it.
HOLDS = f"s.next_send_at IS NULL AND s.next_because = '{Because.REPLY_WINDOW_CLOSED.value}'"
STOPS = (
    f"s.first_sent_at IS NOT NULL AND EXISTS (SELECT 1 FROM {SequenceModel._meta.db_table} AS q "  # noqa: S608
    "WHERE q.id = s.sequence_id AND q.stop_on_reply)"
)


@dataclass(frozen=True, slots=True)
class Concern:
    """`stops`: somebody is in a sequence that ends when they reply; `holds`: a message waits for them to write;
    `rules`: the workspace has a rule for such an event."""

    stops: bool
    holds: bool
    rules: bool


def concern_of(workspace_id: int, contact_ids: Collection[int], events: Sequence[str]) -> Concern:
    """What is worth a closer look, by what these people are in and by the names of what happened."""
    active = f"s.state = '{SubscriptionState.ACTIVE.value}'"
    inside = f"FROM {Subscription._meta.db_table} AS s WHERE s.contact_id IN ({placeholders(contact_ids)}) AND {active}"
    rules = "FALSE"
    if events:
        table = EventRule._meta.db_table
        rules = f"EXISTS (SELECT 1 FROM {table} WHERE workspace_id = %s AND event IN ({placeholders(events)}))"  # noqa: S608
    statement = f"SELECT EXISTS (SELECT 1 {inside} AND {STOPS}), EXISTS (SELECT 1 {inside} AND {HOLDS}), {rules}"
    parameters: list[Any] = [*contact_ids, *contact_ids]
    parameters += [workspace_id, *events] if events else []
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return Concern(*map(bool, cursor.fetchone()))
