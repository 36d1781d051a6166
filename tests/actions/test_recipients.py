"""Whom a message goes to, and which kinds of channels are told more of them than their address."""

from __future__ import annotations

import pytest

from channels.backends import KINDS, backend_for
from channels.models import Contact
from sequences.actions.recipients import recipient_of
from tests.builders import a_channel, a_contact, a_workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann() -> Contact:
    channel = a_channel(a_workspace())
    return a_contact(channel, first_name="Ann", last_name="Bell", language="fr", fields={"size": "M"})


@pytest.mark.parametrize("kind", ["email", "webhook"])
def test_these_are_told_of_people_with_each_message(kind: str, ann: Contact) -> None:
    names = {"first_name": "Ann", "last_name": "Bell", "full_name": "Ann Bell", "language": "fr"}
    assert recipient_of(ann, backend_for(kind), 1).known == {**names, "fields": {"size": "M"}}


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"email", "webhook"}))
def test_all_others_get_the_address_alone(kind: str, ann: Contact) -> None:
    found = recipient_of(ann, backend_for(kind), 1)
    assert (found.address, found.contact_id, dict(found.known)) == (ann.address, ann.pk, {})
    assert "Ann" not in repr(found)
