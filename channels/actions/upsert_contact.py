"""Write what is known of a person: by their address on a channel, or on a contact that is already there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from channels.actions.contact_values import check_address, check_contact_values, merged_values, spelled
from channels.actions.opt_out import opt_in, opt_out
from channels.erasure import keep_opted_out
from channels.inbound import open_window
from channels.messages import InboundKind
from channels.models import Channel, Contact
from channels.signals import contact_changed
from sequencer.workspaces.actions.audit import record_audit
from sequencer.workspaces.actor import Actor
from sequencer.workspaces.problems import Problem
from sequencer.workspaces.refusals import Conflict, Refused
from sequencer.workspaces.transactions import in_one_transaction

CLOCK_FIELDS = ("time_zone", "utc_offset_minutes")


@in_one_transaction
def upsert_contact(
    channel: Channel, address: str, values: Mapping[str, Any], *, now: datetime, actor: Actor
) -> tuple[Contact, bool]:
    """The contact at this address with `values` written, and whether it is new.

    Given values overwrite, `fields` merge, `tags` add, `last_interaction_at` takes the later one, an opt-out stays.
    Raises Refused.
    """
    if problems := [*check_address(channel.kind, address), *check_contact_values(values, now=now)]:
        raise Refused(problems)
    address = spelled(channel.kind, address)
    found, created = Contact.objects.get_or_create(
        channel=channel, address=address, workspace_id=channel.workspace_id, defaults={"created_at": now}
    )
    if found.erased_at is not None:
        raise Refused([Problem("address", "contact_erased")])
    if created:
        keep_opted_out(channel, [found], now=now)
        record_audit("created", found, actor=actor, now=now)
    return _write(_locked(found), values, now=now, actor=actor, is_new=created, adds_tags=True), created


@in_one_transaction
def change_contact(contact: Contact, values: Mapping[str, Any], *, now: datetime, actor: Actor) -> Contact:
    """Write `values` on a contact; here `tags` replace, and an `opted_out_at` of None opts in again.

    Raises Refused, and Conflict for somebody who was erased.
    """
    _refuse_wrong(values, now)
    locked = _locked(contact)
    if locked.erased_at is not None:
        raise Conflict("contact_erased")
    written = _write(locked, values, now=now, actor=actor)
    if "opted_out_at" in values and values["opted_out_at"] is None:
        opt_in(written, now=now, actor=actor)
    return written


def _refuse_wrong(values: Mapping[str, Any], now: datetime) -> None:
    if problems := check_contact_values(values, now=now):
        raise Refused(problems)


def _locked(contact: Contact) -> Contact:
    """The row as the last writer left it: what is merged with an older reading undoes what others wrote."""
    locked: Contact = Contact.objects.select_for_update(no_key=True).get(pk=contact.pk)
    return locked


def _write(
    locked: Contact,
    values: Mapping[str, Any],
    *,
    now: datetime,
    actor: Actor,
    is_new: bool = False,
    adds_tags: bool = False,
) -> Contact:
    changes = merged_values(locked, values, adds_tags=adds_tags)
    if changes:
        for name, value in changes.items():
            setattr(locked, name, value)
        locked.save(update_fields=list(changes))
        if not is_new:
            record_audit("changed", locked, actor=actor, now=now, changes={name: [None, "…"] for name in changes})
    if not is_new and any(name in changes for name in CLOCK_FIELDS):
        contact_changed.send(Contact, contact=locked, now=now)
    _note_interaction(locked, values.get("last_interaction_at"), now=now, actor=actor)
    if values.get("opted_out_at") is not None:
        opt_out(locked, at=values["opted_out_at"], now=now, actor=actor)
    return locked


def _note_interaction(contact: Contact, at: datetime | None, *, now: datetime, actor: Actor) -> None:
    """A later interaction opens the window and frees what waits; one before a block does not lift the block."""
    if at is None or (contact.last_interaction_at is not None and at <= contact.last_interaction_at):
        return
    if contact.blocked_at is None or at > contact.blocked_at:
        open_window(contact, at=at, kind=InboundKind.OTHER, now=now, actor=actor)
    else:
        contact.last_interaction_at = at
        contact.save(update_fields=["last_interaction_at"])
