"""Browsers are told on every answer to run no script but ours, and ours are files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import include, path

from sequencer.workspaces.models import Role
from tests.admin.conftest import a_shop

REFUSED = ["'unsafe-eval'", "'unsafe-inline'", "'nonce-", "*", "http:", "https:", "data:"]


def failing(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("planted")


urlpatterns = [path("planted/", failing), path("", include("sequencer.urls"))]


def policy_of(answer: Any) -> dict[str, list[str]]:
    """directive -> its sources."""
    parts = [part.split() for part in answer.headers["Content-Security-Policy"].split(";")]
    return {name: sources for name, *sources in parts}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/", 302),
        ("/accounts/login/", 200),
        ("/accounts/invitation/unknown/", 404),
        ("/admin/", 302),
        ("/api/docs/", 200),
        ("/api/schema/", 200),
        ("/api/v1/sequences/", 401),
        ("/webhooks/messenger/unknown/", 404),
        ("/static/unfold/css/styles.css", 200),
        ("/nowhere/", 404),
        ("/planted/", 500),
    ],
)
def test_every_answer_allows_our_own_script_files_only(address: str, status: int) -> None:
    with override_settings(ROOT_URLCONF=__name__):
        answer = Client(raise_request_exception=False).get(address)
    assert answer.status_code == status
    policy = policy_of(answer)
    answer.close()
    assert policy["script-src"] == policy["default-src"] == ["'self'"]
    assert policy["object-src"] == policy["frame-ancestors"] == ["'none'"]
    assert policy["base-uri"] == policy["form-action"] == ["'self'"]
    assert policy["img-src"] == ["'self'", "data:"]


@pytest.mark.django_db
def test_plain_http_that_is_refused_says_it_too(settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    for address in ("/accounts/login/", "/api/v1/sequences/"):
        assert policy_of(Client().get(address))["script-src"] == ["'self'"]


@pytest.mark.django_db
def test_pages_behind_the_login_show_customers_pictures_and_nothing_else_from_elsewhere() -> None:
    shop = a_shop("Librairie Nord", "Léa")
    policy = policy_of(shop.as_(Role.OWNER).get("/admin/sequences/sequence/"))
    assert policy.pop("img-src") == ["'self'", "data:", "https:"]
    del policy["style-src"]
    assert not [source for sources in policy.values() for source in sources if source in REFUSED]


SCRIPT_IN_A_PAGE = re.compile(
    r"<script(?![^>]*\ssrc=)(?![^>]*type=\"application/json\")|\son[a-z]+=[\"']|javascript:", re.I
)


def test_no_template_of_ours_holds_script() -> None:
    found = []
    for template in sorted(Path(settings.BASE_DIR / "templates").rglob("*.html")):
        for number, line in enumerate(template.read_text().splitlines(), 1):
            if SCRIPT_IN_A_PAGE.search(line):
                found.append(f"{template.name}:{number}: {line.strip()}")
    assert found == []


def test_a_script_in_a_page_is_noticed() -> None:
    """The measure itself."""
    for line in ("<script>alert(1)</script>", '<a onclick="go()">', '<a href="javascript:go()">'):
        assert SCRIPT_IN_A_PAGE.search(line), line
    for line in (
        '<script src="a.js"></script>',
        '<button x-on:click="a = 1">',
        '<script type="application/json" id="a">',
    ):
        assert not SCRIPT_IN_A_PAGE.search(line), line
