"""What a sub-flow's action block or a tapped button does: subscribe, unsubscribe, tag."""

from __future__ import annotations

import logging
from datetime import datetime

from channels.models import Contact
from sequencer.workspaces.actor import SYSTEM
from sequencer.workspaces.refusals import Conflict
from sequences.actions.same_person import leave
from sequences.actions.subscribe import subscribe
from sequences.models import Sequence

log = logging.getLogger(__name__)


def run_action(contact: Contact, *, verb: str, sequence: str, tag: str, now: datetime) -> None:
    """Do it once more or do it twice: the effect is the same. What cannot be done (any more) is logged and left."""
    if verb in ("add_tag", "remove_tag"):
        change_tag(contact, tag, is_added=verb == "add_tag")
        return
    number = Sequence.public_id.parse(sequence)
    found = Sequence.objects.in_workspace(contact.workspace_id).in_use().filter(pk=number).first()
    if found is None:
        log.warning("an action names a sequence that is not there", extra={"contact": contact.pk, "verb": verb})
        return
    try:
        if verb == "subscribe":
            subscribe(found, [contact], now=now, actor=SYSTEM)
        elif verb == "unsubscribe":
            leave(found, contact, now=now, actor=SYSTEM)
    except Conflict as conflict:
        log.warning("an action was not possible: %s", conflict.code, extra={"contact": contact.pk, "verb": verb})


def change_tag(contact: Contact, tag: str, *, is_added: bool) -> None:
    row = Contact.objects.select_for_update(no_key=True).get(pk=contact.pk)
    tags = [kept for kept in row.tags if kept != tag] + ([tag] if is_added else [])
    if tags != row.tags:
        Contact.objects.filter(pk=row.pk).update(tags=tags)
