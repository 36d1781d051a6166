"""One person on several channels: who may be linked to whom, and what a link does not do."""

from __future__ import annotations

import pytest

from channels.actions.erase_contact import erase_contact
from channels.actions.link_contacts import link_contacts, linked_to, unlink_contact
from channels.actions.opt_out import opt_out
from channels.models import Contact, Person
from sequencer.workspaces.actor import SYSTEM
from sequencer.workspaces.models import AuditEvent, Workspace
from sequencer.workspaces.refusals import Refused
from tests.builders import a_channel, a_contact, a_workspace
from tests.engine import MONDAY_NOON as NOW

pytestmark = [pytest.mark.django_db, pytest.mark.once("sqlite")]


def link(one: Contact, other: Contact) -> bool:
    return link_contacts(fresh(one), fresh(other), now=NOW, actor=SYSTEM)


def fresh(contact: Contact) -> Contact:
    return Contact.objects.get(pk=contact.pk)


def names_of_the_rest(contact: Contact) -> list[str]:
    return [one.address for one in linked_to(fresh(contact))]


def somebody(workspace: Workspace, *addresses: str) -> list[Contact]:
    """A contact for each address, each on a channel of its own."""
    return [a_contact(a_channel(workspace), address) for address in addresses]


def why_not(one: Contact, other: Contact) -> str:
    with pytest.raises(Refused) as caught:
        link(one, other)
    [problem] = caught.value.problems
    assert problem.field == "contact"
    return problem.code


def test_linked_contacts_are_one_person_with_whoever_they_were_before() -> None:
    ann, mail, sms, hook = somebody(a_workspace(), "ann", "ann@e.com", "+33", "crm-7")
    assert link(ann, mail)
    assert link(sms, hook)
    assert link(mail, hook)
    assert names_of_the_rest(ann) == ["ann@e.com", "+33", "crm-7"]
    assert names_of_the_rest(hook) == ["ann", "ann@e.com", "+33"]
    assert Person.objects.count() == 1
    assert not link(ann, sms)
    assert AuditEvent.objects.filter(verb="linked").count() == 6


def test_whoever_is_taken_out_stands_alone_and_so_does_the_last_one() -> None:
    ann, mail, sms = somebody(a_workspace(), "ann", "ann@e.com", "+33")
    link(ann, mail)
    link(ann, sms)
    assert unlink_contact(fresh(mail), now=NOW, actor=SYSTEM)
    assert (names_of_the_rest(mail), names_of_the_rest(ann)) == ([], ["+33"])
    assert unlink_contact(fresh(sms), now=NOW, actor=SYSTEM)
    assert (names_of_the_rest(ann), Person.objects.count()) == ([], 0)
    assert not unlink_contact(fresh(ann), now=NOW, actor=SYSTEM)


def test_who_cannot_be_linked() -> None:
    workspace = a_workspace()
    ann, mail, gone = somebody(workspace, "ann", "ann@e.com", "gone")
    bob = a_contact(ann.channel, "bob")
    [stranger] = somebody(a_workspace("Elsewhere"), "ann")
    erase_contact(gone, now=NOW, actor=SYSTEM)
    assert why_not(ann, ann) == "duplicate"
    assert why_not(ann, bob) == "same_channel"
    assert why_not(ann, stranger) == "not_found"
    assert why_not(ann, gone) == "contact_erased"
    link(mail, bob)
    assert why_not(ann, mail) == "same_channel"  # bob would come along
    assert names_of_the_rest(ann) == []


def test_a_link_gives_no_consent_and_takes_none() -> None:
    ann, mail = somebody(a_workspace(), "ann", "ann@e.com")
    link(ann, mail)
    opt_out(mail, now=NOW, actor=SYSTEM)
    assert (fresh(ann).is_available, fresh(mail).is_available) == (True, False)


def test_the_erased_are_nobodys_other_contact() -> None:
    ann, mail, sms = somebody(a_workspace(), "ann", "ann@e.com", "+33")
    link(ann, mail)
    link(ann, sms)
    erase_contact(fresh(mail), now=NOW, actor=SYSTEM)
    assert (fresh(mail).person_id, names_of_the_rest(ann)) == (None, ["+33"])
    erase_contact(fresh(sms), now=NOW, actor=SYSTEM)
    assert Person.objects.count() == 0
