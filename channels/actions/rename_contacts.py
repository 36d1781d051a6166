"""Follow people whom their provider names otherwise: a changed number, or a second name for the same person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from channels.actions.opt_out import opt_out
from channels.events import Event, OfPeople, Renamed
from channels.models import Contact
from channels.named import Named
from channels.signals import contact_unavailable
from sequencer.workspaces.actions.audit import record_audit
from sequencer.workspaces.actor import SYSTEM
from sequencer.workspaces.transactions import in_one_transaction


def under_their_address(named: Named, events: Sequence[Event], *, now: datetime) -> list[Event]:
    """Follow what says that somebody is named otherwise; then the events, each under its person's address.

    `named` holds everybody in question, locked where anybody is renamed. Contacts move with all that they are in. Where
    somebody stands at the new address already, they are who is written to, and the old contact is gone.
    """
    renames = [event for event in events if isinstance(event, Renamed)]
    for one in sorted(renames, key=lambda rename: rename.at):
        _follow(one, named, now=now)
    known = {name: row.address for name, row in named.by_other.items() if name not in named.by_address}
    return [
        replace(event, address=known[event.address])
        if isinstance(event, OfPeople) and event.address in known
        else event
        for event in events
    ]


@in_one_transaction
def move_contact(contact: Contact, address: str, *, now: datetime) -> None:
    """The provider refused a message to this contact's address and named the one that counts now."""
    named = Named.of(contact.channel, (address, contact.address))
    under_their_address(named, [Renamed(address, now, former=contact.address)], now=now)


def note_second_names(named: Named, events: Iterable[Event], *, now: datetime) -> None:
    """The other name of people who wrote for the first time, and whose contact is there only now."""
    for one in events:
        if isinstance(one, Renamed) and one.is_both:
            contact = named.by_address.get(one.address)
            if contact is not None and not contact.other_address:
                _follow(one, named, now=now)


def _follow(one: Renamed, named: Named, *, now: datetime) -> None:
    old, new = named.by_address.get(one.former), named.by_address.get(one.address)
    if old is None and not one.is_both:
        old = named.by_other.get(one.former)
    if old is not None and old is not new:
        if new is not None:
            _give_way(old, new, now=now)
        else:
            new = named.by_address[one.address] = named.by_address.pop(old.address)
            new.address = one.address
            new.save(update_fields=["address"])
            record_audit("changed", new, actor=SYSTEM, now=now, changes={"address": [None, "…"]})
    if one.is_both and new is not None and new.other_address != one.former:
        _name_too(new, one.former, named)


def _give_way(old: Contact, new: Contact, *, now: datetime) -> None:
    """Nothing more goes to the old one; who opted out stays so under the new name."""
    if old.opted_out_at is not None:
        opt_out(new, at=old.opted_out_at, now=now, actor=SYSTEM)
    if old.blocked_at is None:
        old.blocked_at = now
        old.save(update_fields=["blocked_at"])
        contact_unavailable.send(Contact, contact=old, because="contact_gone", now=now, actor=SYSTEM)


def _name_too(contact: Contact, name: str, named: Named) -> None:
    """A second name is one person's: whoever bore it before loses it."""
    for row, other in ((named.by_other.pop(name, None), ""), (contact, name)):
        if row is not None:
            named.by_other.pop(row.other_address, None)
            row.other_address = other
            row.save(update_fields=["other_address"])
    named.by_other[name] = contact
