"""A list or form does not become slower with the people behind it; `make bench` shows the same with a million."""

from __future__ import annotations

import pytest
from django.db import connection
from django.urls import reverse

from channels.models import Contact
from sequencer.workspaces.models import Role
from sequences.models import Subscription
from tests.admin.conftest import NOW, Shop
from tests.page_queries import Opened, opened

MANY = 1500  # above what the list counts to


def crowd_into(shop: Shop, many: int = MANY) -> None:
    """So many more people inside the shop's sequence."""
    people = Contact.objects.bulk_create(
        Contact(workspace=shop.workspace, channel=shop.sandbox, address=f"visitor-{n}", created_at=NOW)
        for n in range(many)
    )
    Subscription.objects.bulk_create(
        Subscription(
            workspace=shop.workspace,
            sequence=shop.sequence,
            contact=person,
            channel=shop.sandbox,
            subscribed_at=NOW,
            countdown_started_at=NOW,
            next_step=shop.step,
            next_send_at=NOW,
            next_because="countdown",
        )
        for person in people
    )


def pages_of(shop: Shop) -> list[str]:
    lists = reverse("admin:sequences_sequence_changelist")
    return [lists, reverse("admin:sequences_sequence_change", args=[shop.sequence.pk])]


@pytest.mark.django_db
@pytest.mark.parametrize("page", [0, 1], ids=["list", "form"])
def test_sequences_take_as_many_queries_for_many_people_as_for_one(shop: Shop, page: int) -> None:
    browser, url = shop.as_(Role.OWNER), pages_of(shop)[page]
    alone = opened(browser, url).count
    crowd_into(shop)
    assert opened(browser, url).count == alone


@pytest.mark.django_db
@pytest.mark.parametrize("page", [0, 1], ids=["list", "form"])
def test_sequences_never_read_all_people(shop: Shop, page: int) -> None:
    """PostgreSQL only. A table this small would be scanned anyway; with scans out of favour one remains where no
    index serves.
    """
    if connection.vendor != "postgresql":
        return
    crowd_into(shop)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert opened(shop.as_(Role.OWNER), pages_of(shop)[page]).full_scans() == set()


@pytest.mark.django_db
def test_a_full_scan_is_noticed(shop: Shop) -> None:
    """PostgreSQL only: the measure itself, on a question that no index answers."""
    if connection.vendor == "postgresql":
        question = "SELECT id FROM sequences_subscription WHERE ended_because = 'moved'"
        assert Opened(1, [question]).full_scans() == {"sequences_subscription"}
