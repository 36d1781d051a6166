"""The first page: what is said there is true, of this workspace, and costs the same for many people as for one."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone

from channels.models import Channel, Contact
from sequencer.workspaces.models import Role
from sequences.models import Delivery, Run, Sequence, Subscription
from tests.admin.conftest import Shop
from tests.admin.test_scale import crowd_into
from tests.builders import a_channel, a_member, a_workspace
from tests.page_queries import opened

FIRST = "/admin/"


def page(shop: Shop, role: Role = Role.OWNER) -> str:
    """What the page says, without its markup."""
    answer = shop.as_(role).get(FIRST)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def tile(text: str, name: str) -> int:
    found = re.search(rf"(\d+) {name}", text)
    assert found, text
    return int(found[1])


def all_later(shop: Shop) -> None:
    Subscription.objects.filter(workspace=shop.workspace).update(next_send_at=timezone.now() + timedelta(days=2))


@pytest.mark.django_db
def test_login_lands_on_it(shop: Shop) -> None:
    assert shop.as_(Role.OWNER).get("/", follow=True).redirect_chain[-1][0] == FIRST


@pytest.mark.django_db
def test_all_is_well_while_nothing_is_late_and_no_page_says_that_nothing_is_sent(shop: Shop) -> None:
    all_later(shop)
    assert "All is well" in page(shop)
    long_ago = timezone.now() - timedelta(hours=1)
    Run.objects.create(tree="a", host="h", pid=1, started_at=long_ago, heartbeat_at=long_ago)
    cache.clear()
    text = page(shop)
    assert text.count("no worker is running") == 1
    assert "All is well" not in text


@pytest.mark.django_db
def test_a_paused_channel_and_late_messages_come_first(shop: Shop) -> None:
    assert f"Messages on {shop.sandbox.name} are late" in page(shop)
    Channel.objects.update(state="paused", paused_because="credentials_refused", paused_at=timezone.now())
    text = page(shop)
    assert f"{shop.sandbox.name} is paused The provider refused the credentials. Since" in text
    assert "1 message waits." in text
    assert f"Messages on {shop.sandbox.name} are late" not in text


@pytest.mark.django_db
def test_a_channel_that_stands_still_is_told_of_however_many_there_are(shop: Shop) -> None:
    for number in range(13):
        a_channel(shop.workspace, name=f"At work {number}")
    stopped: dict[str, Any] = {"paused_because": "by_hand", "paused_at": timezone.now()}
    for number in range(13):
        a_channel(shop.workspace, name=f"Stopped {number}", state="paused", **stopped)
    until = timezone.now() + timedelta(hours=1)
    a_channel(shop.workspace, name="Last of all", trouble_until=until, trouble_rounds=1)
    text = page(shop)
    assert text.count("is paused") == 13
    assert "Last of all waits for its provider" in text
    assert f"Messages on {shop.sandbox.name} are late" in text
    assert "more channels than are looked at here" in text


@pytest.mark.django_db
def test_a_viewer_is_told_as_well_and_reaches_what_it_is_about(shop: Shop) -> None:
    Channel.objects.update(state="paused", paused_because="by_hand", paused_at=timezone.now())
    answer = shop.as_(Role.VIEWER).get(FIRST).content.decode()
    assert "is paused" in answer
    assert "New sequence" not in answer
    for link in re.findall(r'<a class="text-link" href="([^"]+)"', answer):
        assert shop.as_(Role.VIEWER).get(link.replace("&amp;", "&")).status_code == 200, link


@pytest.mark.django_db
def test_the_day_is_counted_by_what_is_true_of_each_message(shop: Shop) -> None:
    now = timezone.now()
    Delivery.objects.update(state="read", decided_at=now)
    Contact.objects.filter(pk=shop.lea.pk).update(last_interaction_at=now)
    text = page(shop)
    assert [tile(text, name) for name in ("Sent", "Delivered", "Read", "Skipped", "People who wrote")] == [
        1,
        1,
        1,
        0,
        1,
    ]
    Delivery.objects.update(decided_at=now - timedelta(days=2))
    assert tile(page(shop), "Sent") == 0


@pytest.mark.django_db
def test_it_tells_nothing_of_another_workspace(shop: Shop, other: Shop) -> None:
    Delivery.objects.update(state="failed", decided_at=timezone.now())
    Channel.objects.filter(workspace=other.workspace).update(state="paused", paused_because="credentials_refused")
    text = page(shop)
    assert tile(text, "Failed") == 1
    assert "Zanzibar" not in text
    assert "is paused" not in text


@pytest.mark.django_db
def test_what_comes_leads_to_the_people_it_comes_to(shop: Shop) -> None:
    all_later(shop)
    answer = shop.as_(Role.OWNER).get(FIRST).content.decode()
    link = f"/admin/sequences/sequence/{shop.sequence.pk}/people/"
    assert f'href="{link}"' in answer
    people = shop.as_(Role.OWNER).get(link)
    assert (people.status_code, "Léa" in people.content.decode()) == (200, True)


@pytest.mark.django_db
def test_an_empty_workspace_teaches_the_five_steps() -> None:
    browser = Client()
    browser.force_login(a_member(a_workspace("New")))
    answer = browser.get(FIRST).content.decode()
    assert "in five steps" in answer
    assert answer.count("<li><b>") == 5
    assert "Connect a channel first" in answer


@pytest.mark.django_db
def test_many_people_cost_as_many_queries_as_one(shop: Shop) -> None:
    alone = opened(shop.as_(Role.OWNER), FIRST).count
    crowd_into(shop)
    assert opened(shop.as_(Role.OWNER), FIRST).count == alone


@pytest.mark.django_db
def test_more_than_is_counted_is_said_so(shop: Shop) -> None:
    crowd_into(shop, 2_000)
    assert "only the next 2,000 of each channel" in page(shop)


@pytest.mark.django_db
def test_it_reads_no_growing_table_whole(shop: Shop) -> None:
    """PostgreSQL only, as in test_scale."""
    if connection.vendor != "postgresql":
        return
    crowd_into(shop)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert opened(shop.as_(Role.OWNER), FIRST).full_scans() == set()


@pytest.mark.django_db
def test_the_menu_says_how_many_sequences_are_at_work_and_how_many_channels_are_not(shop: Shop, other: Shop) -> None:
    def badges() -> list[str]:
        answer = shop.as_(Role.OWNER).get("/admin/you/").content.decode()
        return re.findall(r'class="menu-badge[^"]*">([^<]+)<', answer)

    assert badges() == ["1"]
    Channel.objects.update(state="paused", paused_because="by_hand")
    Sequence.objects.update(state="paused")
    assert badges() == ["1 paused"]
