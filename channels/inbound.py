"""What people do on a channel: upsert the contacts, open their reply windows, and let others know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import DateTimeField

from channels.messages import InboundEvent, InboundKind
from channels.models import Channel, Contact
from channels.named import Named
from channels.signals import people_interacted
from sequencer.workspaces.actor import SYSTEM, Actor
from sequencer.workspaces.transactions import in_one_transaction

REPLIES = (InboundKind.MESSAGE, InboundKind.BUTTON)
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Interaction:
    """A contact did something at `at`, which is not in the future."""

    contact: Contact
    at: datetime
    kind: InboundKind
    payload: str = ""


@in_one_transaction
def record_inbound(
    channel: Channel, events: Sequence[InboundEvent], *, now: datetime, actor: Actor = SYSTEM
) -> list[Contact]:
    """Record what happened on one channel, in the order given; the contacts concerned, in the same order.

    Moments in the future count as now. Older news never moves a reply window back. Blocked clears: they wrote, unless
    that was before they blocked us.
    """
    return note_inbound(people_at(channel, [event.address for event in events], now=now), events, now=now, actor=actor)


def note_inbound(
    people: Mapping[str, Contact], events: Sequence[InboundEvent], *, now: datetime, actor: Actor = SYSTEM
) -> list[Contact]:
    """The same in the caller's transaction, of people whose rows the caller has locked."""
    interactions = [
        Interaction(people[event.address], min(event.at, now), event.kind, event.payload) for event in events
    ]
    open_windows(interactions, now=now, actor=actor)
    return [interaction.contact for interaction in interactions]


def people_at(channel: Channel, addresses: Sequence[str], *, now: datetime) -> dict[str, Contact]:
    """The contacts at these addresses, the unknown ones created, all their rows locked."""
    named = Named.of(channel, addresses, with_others=False)
    named.welcome(channel, addresses, now=now)
    return named.by_address


def open_window(
    contact: Contact, *, at: datetime, kind: InboundKind, payload: str = "", now: datetime, actor: Actor = SYSTEM
) -> None:
    """Note an interaction of a contact whose row the caller has locked, and tell the listeners."""
    open_windows([Interaction(contact, at, kind, payload)], now=now, actor=actor)


def open_windows(interactions: Sequence[Interaction], *, now: datetime, actor: Actor = SYSTEM) -> None:
    """Note many interactions, of contacts whose rows the caller has locked, and tell the listeners once."""
    if not interactions:
        return
    for interaction in interactions:
        _note(interaction)
    touched = {interaction.contact.pk: interaction.contact for interaction in interactions}
    _store(list(touched.values()))
    people_interacted.send(Contact, interactions=interactions, now=now, actor=actor)


def _note(interaction: Interaction) -> None:
    contact, at = interaction.contact, interaction.at
    contact.last_interaction_at = later(contact.last_interaction_at, at)
    if interaction.kind in REPLIES:
        contact.last_reply_at = later(contact.last_reply_at, at)
    if contact.blocked_at is not None and contact.blocked_at <= at:
        contact.blocked_at = None
    contact.unreachable_in_a_row = 0


def _store(contacts: Sequence[Contact]) -> None:
    """What `_note` set, a few hundred rows a statement: bulk_update takes ten times as long."""
    table, moment = Contact._meta.db_table, DateTimeField()
    cast = "::timestamptz" if connection.vendor == "postgresql" else ""
    for start in range(0, len(contacts), AT_ONCE):
        some = contacts[start : start + AT_ONCE]
        statement = (
            f"UPDATE {table} SET last_interaction_at = v.column2{cast}, last_reply_at = v.column3{cast}, "  # noqa: S608
            f"blocked_at = v.column4{cast}, unreachable_in_a_row = 0 "
            f"FROM (VALUES {', '.join(['(%s, %s, %s, %s)'] * len(some))}) AS v WHERE {table}.id = v.column1"
        )
        values: list[Any] = []
        for row in some:
            moments = (row.last_interaction_at, row.last_reply_at, row.blocked_at)
            values += [row.pk, *(moment.get_db_prep_value(at, connection) for at in moments)]
        with connection.cursor() as cursor:
            cursor.execute(statement, values)


def later(one: datetime | None, other: datetime) -> datetime:
    return other if one is None else max(one, other)
