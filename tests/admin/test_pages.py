"""Every page opens for those it is for, and shows nothing of another workspace."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from sequencer.workspaces.models import Role
from tests.admin.conftest import Shop

LISTS = [
    "sequences_sequence",
    "sequences_subflow",
    "sequences_subscription",
    "sequences_delivery",
    "channels_contact",
    "channels_channel",
]
OWNERS_LISTS = ["workspaces_membership", "workspaces_invitation", "workspaces_apikey", "workspaces_auditevent"]
ADDED_BY_EDITORS = ["sequences_sequence", "sequences_subflow", "channels_contact"]
FOREIGN_WORDS = ("Zanzibar", "Zacharias")


def row_of(shop: Shop, name: str) -> int:
    return {
        "sequences_sequence": shop.sequence.pk,
        "sequences_subflow": shop.sub_flow.pk,
        "sequences_subscription": shop.subscription.pk,
        "sequences_delivery": shop.delivery.pk,
        "channels_contact": shop.lea.pk,
        "channels_channel": shop.sandbox.pk,
    }[name]


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("name", LISTS)
def test_every_member_sees_lists_and_pages_of_their_workspace_only(shop: Shop, other: Shop, name: str, role: Role):
    browser = shop.as_(role)
    number = row_of(shop, name)
    pages = [reverse(f"admin:{name}_changelist"), reverse(f"admin:{name}_change", args=[number])]
    for page in [*pages, reverse(f"admin:{name}_history", args=[number])]:
        response = browser.get(page)
        assert response.status_code == 200, (page, response.status_code)
        text = response.content.decode()
        assert not any(word in text for word in FOREIGN_WORDS), page
        assert "<script>" not in text.replace("<script src", "")
        assert "onclick=" not in text


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("name", LISTS)
def test_a_foreign_row_is_answered_like_one_that_does_not_exist(shop: Shop, other: Shop, name: str, role: Role):
    browser = shop.as_(role)
    for page in ("change", "history", "delete"):
        foreign = browser.get(reverse(f"admin:{name}_{page}", args=[row_of(other, name)]))
        missing = browser.get(reverse(f"admin:{name}_{page}", args=[999_999]))
        assert foreign.status_code == missing.status_code
        assert foreign.status_code in (302, 403, 404)


@pytest.mark.parametrize("name", OWNERS_LISTS)
def test_the_workspace_itself_is_the_owners(shop: Shop, other: Shop, name: str):
    page = reverse(f"admin:{name}_changelist")
    response = shop.as_(Role.OWNER).get(page)
    assert response.status_code == 200
    assert not any(word in response.content.decode() for word in FOREIGN_WORDS)
    assert shop.as_(Role.EDITOR).get(page).status_code == 403
    assert shop.as_(Role.VIEWER).get(page).status_code == 403


@pytest.mark.parametrize("name", ADDED_BY_EDITORS)
def test_editors_add_and_viewers_do_not(shop: Shop, name: str):
    page = reverse(f"admin:{name}_add")
    assert shop.as_(Role.EDITOR).get(page).status_code == 200
    assert shop.as_(Role.VIEWER).get(page).status_code == 403


def test_channels_are_the_owners_to_add(shop: Shop):
    page = reverse("admin:channels_channel_add")
    assert "Sandbox" in shop.as_(Role.OWNER).get(page).content.decode()
    assert shop.as_(Role.OWNER).get(page, {"kind": "messenger"}).status_code == 200
    assert shop.as_(Role.EDITOR).get(page).status_code == 403


def test_nobody_else_gets_in(client, shop: Shop):
    response = client.get(reverse("admin:sequences_sequence_changelist"), follow=True)
    assert response.redirect_chain[-1][0].startswith("/accounts/login/")


def test_a_user_of_no_workspace_reads_a_friendly_page(client, django_user_model, db):
    client.force_login(django_user_model.objects.create_user("solo@example.com", "a long password"))
    for page in ("/admin/", "/admin/login/", "/admin/sequences/sequence/"):
        response = client.get(page)
        assert response.status_code == 403
        assert "You belong to no workspace" in response.content.decode()


def test_every_address_of_the_admin_answers_without_a_crash(shop: Shop, other: Shop):
    """Each address, with an id of ours where it takes one, as the owner: the walk finds what nobody thought of."""
    browser = shop.as_(Role.OWNER)
    for name, holes in addresses():
        page = reverse(f"admin:{name}", args=[1] * holes)
        response = browser.get(page)
        assert response.status_code in (200, 302, 403, 404, 405), page
        if response.status_code == 200:
            assert not any(word in response.content.decode() for word in FOREIGN_WORDS), page


def addresses() -> list[tuple[str, int]]:
    found = []
    admin: Any = next(url for url in get_resolver().url_patterns if getattr(url, "namespace", "") == "admin")
    for entry in admin_patterns(admin):
        pattern: Any = entry.pattern
        arguments = pattern.converters or pattern.regex.groupindex
        if entry.name and entry.name not in ("app_list", "logout"):
            found.append((entry.name, len(arguments)))
    return found


def admin_patterns(resolver: URLResolver) -> list[URLPattern]:
    found: list[URLPattern] = []
    for entry in resolver.url_patterns:
        found += admin_patterns(entry) if isinstance(entry, URLResolver) else [entry]
    return found


def test_the_page_of_a_new_thing_says_so(shop: Shop):
    text = shop.as_(Role.EDITOR).get(reverse("admin:sequences_sequence_add")).content.decode()
    assert re.search(r">Sequences</a>.*>New sequence</span>", text, re.DOTALL)


def test_pages_travel_compressed_and_what_programs_read_does_not(shop: Shop):
    browser, form = shop.as_(Role.EDITOR), reverse("admin:sequences_sequence_change", args=[shop.sequence.pk])
    page = browser.get(form, headers={"accept-encoding": "gzip"})
    assert page.headers["Content-Encoding"] == "gzip"
    assert len(page.content) < len(browser.get(form).content) / 3
    assert "Content-Encoding" not in browser.get("/api/schema/", headers={"accept-encoding": "gzip"}).headers
