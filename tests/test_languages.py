"""A page speaks the language its reader chose, else the browser's."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.utils import translation

from sequencer.workspaces.middleware import UserLanguageMiddleware
from tests.builders import a_member, a_workspace


def language_for(chosen: str, browsers: str) -> str:
    """The language active while the page is made, for a reader who is logged in."""
    request = RequestFactory().get("/")
    request.user = get_user_model()(email="ann@example.com", language=chosen)
    spoken = []

    def page(request: HttpRequest) -> HttpResponse:
        spoken.append(translation.get_language())
        return HttpResponse()

    with translation.override(browsers):
        UserLanguageMiddleware(page)(request)
    return str(spoken[0])


@pytest.mark.parametrize(
    ("chosen", "browsers", "expected"),
    [
        ("fr", "en", "fr"),
        ("en", "fr", "en"),
        ("", "fr", "fr"),  # no choice: the browser decides
    ],
)
def test_the_readers_own_language_wins(chosen: str, browsers: str, expected: str) -> None:
    assert language_for(chosen, browsers) == expected


@pytest.mark.django_db
def test_the_login_page_is_switched_and_remembers(client: Client) -> None:
    assert 'lang="en"' in client.get("/accounts/login/").content.decode()
    switched = client.post("/accounts/language/", {"language": "fr", "next": "/accounts/login/"})
    assert switched.headers["Location"] == "/accounts/login/"
    assert '<html lang="fr"' in client.get("/accounts/login/").content.decode()


@pytest.mark.django_db
def test_a_members_switch_is_kept_on_the_member(client: Client) -> None:
    ann = a_member(a_workspace())
    client.force_login(ann)
    client.post("/accounts/language/", {"language": "fr", "next": "/admin/"})
    ann.refresh_from_db()
    assert ann.language == "fr"
    # what is no language of ours changes nothing
    client.post("/accounts/language/", {"language": "xx", "next": "/admin/"})
    ann.refresh_from_db()
    assert ann.language == "fr"


@pytest.mark.django_db
def test_the_switch_leads_nowhere_else_and_needs_a_post(client: Client) -> None:
    answer = client.post("/accounts/language/", {"language": "fr", "next": "https://elsewhere.example/"})
    assert "elsewhere" not in answer.headers["Location"]
    ann = a_member(a_workspace())
    client.force_login(ann)
    client.get("/accounts/language/?language=fr")
    ann.refresh_from_db()
    assert ann.language == ""
