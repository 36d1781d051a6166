"""What people do on a channel: upsert the contacts, open their reply windows, and let others know."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import DateTimeField

from channels.messages import InboundEvent, InboundKind
from channels.models import Channel, Contact
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

    Moments in the future count as now. Older news never moves a reply window back. Blocked clears: they wrote.
    """
    people = people_at(channel, [event.address for event in events], now=now)
    interactions = [
        Interaction(people[event.address], min(event.at, now), event.kind, event.payload) for event in events
    ]
    open_windows(interactions, now=now, actor=actor)
    return [interaction.contact for interaction in interactions]


def people_at(channel: Channel, addresses: Iterable[str], *, now: datetime) -> dict[str, Contact]:
    """The contacts at these addresses, the unknown ones created, all their rows locked in the one order."""
    here = {"channel": channel, "workspace_id": channel.workspace_id}
    wanted = sorted(set(addresses))
    known = set(Contact.objects.filter(**here, address__in=wanted).values_list("address", flat=True))
    fresh = [Contact(**here, address=address, created_at=now) for address in wanted if address not in known]
    Contact.objects.bulk_create(fresh, ignore_conflicts=True)
    rows = Contact.objects.select_for_update(no_key=True).filter(**here, address__in=wanted).order_by("pk")
    return {row.address: row for row in rows}


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
            "blocked_at = NULL, unreachable_in_a_row = 0 "
            f"FROM (VALUES {', '.join(['(%s, %s, %s)'] * len(some))}) AS v WHERE {table}.id = v.column1"
        )
        values: list[Any] = []
        for row in some:
            both = (row.last_interaction_at, row.last_reply_at)
            values += [row.pk, *(moment.get_db_prep_value(at, connection) for at in both)]
        with connection.cursor() as cursor:
            cursor.execute(statement, values)


def later(one: datetime | None, other: datetime) -> datetime:
    return other if one is None else max(one, other)
