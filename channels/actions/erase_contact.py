"""Erase a person: all that says who they are goes, the numbers of what was sent stay."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from channels.actions.link_contacts import take_out
from channels.actions.opt_out import opt_out
from channels.erasure import stand_in
from channels.models import Contact, SandboxMessage
from channels.signals import contact_erased
from sequencer.workspaces.actions.audit import forget_in_audit, record_audit
from sequencer.workspaces.actor import Actor
from sequencer.workspaces.models import Workspace
from sequencer.workspaces.transactions import in_one_transaction


@in_one_transaction
def erase_contact(contact: Contact, *, now: datetime, actor: Actor) -> bool:
    """End what they are in and forget who they were, in every table; False when that was done before.

    Whoever comes back under the same address by import or by a program is opted out; see channels/erasure.py.
    """
    row: Contact = Contact.objects.select_for_update().get(pk=contact.pk)
    if row.erased_at is not None:
        return False
    opt_out(row, now=now, actor=actor)
    row.refresh_from_db()
    address = row.address
    take_out(row)
    _blank(row, now)
    SandboxMessage.objects.filter(contact=row).delete()
    contact_erased.send(Contact, contact=row, address=address, now=now)
    forget_in_audit(row)
    record_audit("erased", row, actor=actor, now=now)
    return True


def _blank(row: Contact, now: datetime) -> None:
    address = stand_in(_key(row.workspace_id), row.address)
    if Contact.objects.filter(channel=row.channel_id, address=address).exists():  # erased, back, and erased again
        address = f"{address}:{row.pk}"
    blank = dict.fromkeys(("first_name", "last_name", "language", "time_zone", "other_address"), "")
    nothing = dict.fromkeys(
        ("utc_offset_minutes", "last_interaction_at", "last_reply_at", "profile_asked_at", "profile_read_at")
    )
    values: dict[str, Any] = {**blank, **nothing, "tags": [], "fields": {}, "address": address, "erased_at": now}
    for name, value in values.items():
        setattr(row, name, value)
    row.save(update_fields=list(values))


def _key(workspace_id: int) -> str:
    """The workspace's key, made when the first person is erased."""
    mine = Workspace.objects.filter(pk=workspace_id)
    mine.filter(erasure_key="").update(erasure_key=secrets.token_hex(32))
    return mine.values_list("erasure_key", flat=True).get()
