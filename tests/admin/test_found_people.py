"""One search for people, on every page that has one: quick however many there are, and it says what it leaves out."""

from __future__ import annotations

import pytest
from django.urls import reverse

from sequencer.workspaces.models import Role
from sequences.admin import found_people as search
from sequences.admin.found_people import found_people
from tests.admin.conftest import Shop
from tests.builders import a_contact

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def two_are_looked_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MOST_SEARCHED", 2)


def test_the_newest_are_found_by_words_and_anybody_by_a_whole_address(shop: Shop, other: Shop):
    a_contact(shop.sandbox, first_name="Zoé", last_name="Old", address="zoe-1")
    second = a_contact(shop.sandbox, first_name="Zoé", last_name="Young", address="zoe-2")
    third = a_contact(shop.sandbox, first_name="Zoé", last_name="Younger", address="zoe-3")
    for words, names in [
        ("zo", ["Younger", "Young"]),
        ("zo younger", ["Younger"]),
        ("zoe-", ["Younger", "Young"]),
        (" zoe-1 ", ["Old"]),
        ("Old", []),  # not among the newest two
        ("zo\x00", []),
    ]:
        assert [one.last_name for one in found_people(shop.workspace, words, most=8)] == names, words
    assert found_people(shop.workspace, "", most=8) == [third, second]
    assert found_people(other.workspace, "zoe-1", most=8) == []


def test_every_page_finds_whom_it_is_given_the_address_of(shop: Shop):
    """Léa is older than those that are looked through."""
    for number in range(3):
        a_contact(shop.sandbox, first_name="Newer", address=f"newer-{number}")
    browser, asked = shop.as_(Role.EDITOR), {"q": shop.lea.address}
    for chooser in ("sequences_sequence_who", "sequences_subflow_people"):
        found = browser.get(reverse(f"admin:{chooser}"), asked).json()["people"]
        assert [one["id"] for one in found] == [str(shop.lea.pk)], chooser
    for page in ("sequences_people", "sequences_test"):
        address = reverse(f"admin:{page}", args=[shop.sequence.pk])
        assert str(shop.lea) in browser.get(address, asked).content.decode(), page
        assert "among the newest 20,000 contacts" in browser.get(address, {"q": "nobody"}).content.decode(), page
