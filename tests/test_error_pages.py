"""What went wrong is said on a page of ours, in the reader's language, and nothing of the inside with it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import include, path

SECRET = "secret-inside"


def failing(error: Callable[[str], Exception]) -> Callable[[HttpRequest], HttpResponse]:
    def view(request: HttpRequest) -> HttpResponse:
        raise error(SECRET)

    return view


urlpatterns = [
    path("planted/400/", failing(SuspiciousOperation)),
    path("planted/403/", failing(PermissionDenied)),
    path("planted/500/", failing(RuntimeError)),
    path("", include("sequencer.urls")),
]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "status", "english", "french"),
    [
        ("/planted/400/", 400, "This request cannot be read", "Cette requête est illisible"),
        ("/planted/403/", 403, "You may not do this", "Vous n’avez pas le droit de faire cela"),
        ("/nowhere/", 404, "There is nothing here", "Il n’y a rien ici"),
        ("/planted/500/", 500, "Something broke on our side", "Une erreur s’est produite de notre côté"),
    ],
)
@override_settings(ROOT_URLCONF=__name__)
def test_an_error_speaks_the_readers_language_and_tells_nothing(
    address: str, status: int, english: str, french: str
) -> None:
    client = Client(raise_request_exception=False)
    for language, sentence in (("en", english), ("fr", french)):
        answer = client.get(address, headers={"accept-language": language})
        assert answer.status_code == status
        assert f"<h1>{sentence}</h1>" in answer.content.decode()
        assert f'<html lang="{language}">' in answer.content.decode()
        assert SECRET not in answer.content.decode()


@pytest.mark.django_db
def test_a_form_whose_cookie_is_gone_says_so() -> None:
    answer = Client(enforce_csrf_checks=True).post("/accounts/login/", {"login": "ann@example.com"})
    assert answer.status_code == 403
    assert "This page was open too long" in answer.content.decode()
