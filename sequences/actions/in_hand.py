"""Subscriptions that a run has claimed, with their people: read at little cost, for this is done for every message."""

from __future__ import annotations

from collections.abc import Sequence

from channels.models import Contact
from sequencer.stored_rows import stored_rows
from sequences.models import Run, Subscription, SubscriptionState
from sequences.sql import dialect
from sequences.sql.light import light_rows

_SUBSCRIPTION = (
    "id",
    "workspace_id",
    "sequence_id",
    "contact_id",
    "channel_id",
    "state",
    "countdown_started_at",
    "next_step_id",
    "last_step_id",
    "done_steps",
    "next_send_at",
    "next_because",
    "not_before_at",
    "run_id",
    "first_sent_at",
)
_CONTACT = _SUBSCRIPTION.index("contact_id")
CONTACT_COLUMNS = (
    "id",
    "workspace_id",
    "person_id",
    "channel_id",
    "address",
    "first_name",
    "last_name",
    "language",
    "time_zone",
    "utc_offset_minutes",
    "last_interaction_at",
    "last_reply_at",
    "opted_out_at",
    "blocked_at",
    "unreachable_in_a_row",
    "fields",
)


def claimed_by(run: Run, wanted: Sequence[int]) -> list[Subscription]:
    """In the order wanted, each with its contact; what ended since it was claimed is left out."""
    active = SubscriptionState.ACTIVE.value
    claimed = dialect().rows_of(Subscription, _SUBSCRIPTION, wanted, run=run.pk, state=active)
    contact_ids = {values[_CONTACT] for values in claimed}
    people = {row.pk: row for row in light_rows(Contact, contact_ids, CONTACT_COLUMNS)}
    with_people = [(*values, people[values[_CONTACT]]) for values in claimed]
    rows = {row.pk: row for row in stored_rows(Subscription, (*_SUBSCRIPTION, "contact"), with_people)}
    return [rows[number] for number in wanted if number in rows]
