"""A page speaks the language its reader chose, else the browser's."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils import translation

from sequencer.workspaces.middleware import UserLanguageMiddleware


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
