"""Say that contacts on several channels are one person, or that one of them is not.

Each keeps its own consent, names and window: a link says who somebody is, never that they may be written to.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from channels.models import Contact, Person
from sequencer.workspaces.actions.audit import record_audit
from sequencer.workspaces.actor import Actor
from sequencer.workspaces.problems import Problem
from sequencer.workspaces.refusals import Refused
from sequencer.workspaces.transactions import in_one_transaction


def linked_to(contact: Contact) -> list[Contact]:
    """The person's other contacts, in the order in which they were made, with their channels."""
    if contact.person_id is None:
        return []
    same = Contact.objects.in_workspace(contact.workspace_id).filter(person=contact.person_id)
    return list(same.exclude(pk=contact.pk).select_related("channel").order_by("pk"))


@in_one_transaction
def link_contacts(contact: Contact, other: Contact, *, now: datetime, actor: Actor) -> bool:
    """Both are one person from now on, with whoever each was linked to; False when they were before.

    Raises Refused on the field `contact`: not of this workspace, erased, the same one, or a second on one channel.
    """
    if other.workspace_id != contact.workspace_id:
        raise Refused([Problem("contact", "not_found")])
    if other.pk == contact.pk:
        raise Refused([Problem("contact", "duplicate")])
    people = _circle({contact.pk, other.pk})
    if any(one.erased_at for one in people):
        raise Refused([Problem("contact", "contact_erased")])
    if len({one.channel_id for one in people}) < len(people):
        raise Refused([Problem("contact", "same_channel")])
    known = sorted({one.person_id for one in people if one.person_id is not None})
    if len(known) == 1 and all(one.person_id for one in people):
        return False
    kept = known[0] if known else Person.objects.create(workspace_id=contact.workspace_id, created_at=now).pk
    Contact.objects.filter(pk__in=[one.pk for one in people]).update(person=kept)
    Person.objects.filter(pk__in=known[1:]).delete()
    for one, its_other in ((contact, other), (other, contact)):
        record_audit("linked", one, actor=actor, now=now, changes={"linked_to": [None, its_other.public_id]})
    return True


@in_one_transaction
def unlink_contact(contact: Contact, *, now: datetime, actor: Actor) -> bool:
    """This contact is somebody else than those it was linked to; False when it was linked to none."""
    if not take_out(contact):
        return False
    record_audit("unlinked", contact, actor=actor, now=now)
    return True


def take_out(contact: Contact) -> bool:
    """In the caller's transaction: the contact stands alone, and so does one that is left alone by it."""
    people = _circle({contact.pk})
    person = next((one.person_id for one in people if one.pk == contact.pk), None)
    if person is None:
        return False
    alone = [one.pk for one in people] if len(people) <= 2 else [contact.pk]
    Contact.objects.filter(pk__in=alone).update(person=None)
    if len(people) <= 2:
        Person.objects.filter(pk=person).delete()
    return True


def _circle(numbers: set[int]) -> list[Contact]:
    """These contacts with all that they are linked to, locked, as the last writer left them."""
    found: dict[int, Contact] = {}
    wanted = Q(pk__in=numbers)
    while fresh := Contact.objects.select_for_update(no_key=True).filter(wanted).exclude(pk__in=found).order_by("pk"):
        found.update({one.pk: one for one in fresh})
        wanted = Q(person__in={one.person_id for one in found.values()} - {None})
    return list(found.values())
