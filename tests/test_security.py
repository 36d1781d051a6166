"""What the shell promises to every request; HTTPS is on exactly when PUBLIC_URL says so."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from tests.environment import VARIABLES

QUESTION = """
import json
from django.conf import settings
names = [name for name in dir(settings) if name.startswith(("SECURE_", "SESSION_COOKIE", "CSRF_COOKIE"))]
print(json.dumps({name: getattr(settings, name) for name in names}, default=str))
"""


def settings_under(**variables: str) -> dict[str, Any]:
    """The security settings of a process started with these variables."""
    answer = subprocess.run(
        [sys.executable, "-c", QUESTION],
        env={**os.environ, **VARIABLES, **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


def test_an_https_address_switches_everything_on() -> None:
    found = settings_under(PUBLIC_URL="https://sequencer.example.com")
    assert found["SECURE_SSL_REDIRECT"] is True
    assert found["SECURE_HSTS_SECONDS"] >= 31_536_000
    assert found["SESSION_COOKIE_SECURE"] is found["CSRF_COOKIE_SECURE"] is True
    assert found["SESSION_COOKIE_NAME"] == "__Host-sessionid"


def test_plain_http_works_on_loopback() -> None:
    found = settings_under(PUBLIC_URL="http://localhost:8000")
    assert found["SECURE_SSL_REDIRECT"] is False
    assert found["SECURE_HSTS_SECONDS"] == 0
    assert found["SESSION_COOKIE_SECURE"] is found["CSRF_COOKIE_SECURE"] is False


def test_a_start_without_secrets_is_refused_in_one_sentence() -> None:
    refused = subprocess.run(
        [sys.executable, "manage.py", "check"],
        env={**os.environ, **VARIABLES, "ENCRYPTION_KEYS": "", "SECRET_KEY": ""},
        capture_output=True,
        text=True,
    )
    assert refused.returncode == 1
    (sentence,) = refused.stderr.splitlines()
    assert "SECRET_KEY is not set" in sentence


@pytest.mark.django_db
def test_pages_redirect_to_https_but_the_api_refuses(settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    page = Client().get("/accounts/login/")
    assert (page.status_code, page.headers["Location"]) == (301, "https://testserver/accounts/login/")
    answer = Client().get("/api/v1/sequences/")
    assert answer.status_code == 403
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "https_required"


@pytest.mark.django_db
def test_every_page_says_what_browsers_must_not_do() -> None:
    headers = Client().get("/accounts/login/").headers
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.django_db
def test_nobody_signs_up_by_themselves() -> None:
    page = Client().post("/accounts/signup/", {"email": "eve@example.com", "password1": "a-long-password"})
    assert "account/signup_closed.html" in [template.name for template in page.templates]
    assert not get_user_model().objects.exists()


@pytest.mark.django_db
def test_static_files_are_served_before_anything_was_collected() -> None:
    answer = Client().get("/static/unfold/css/styles.css")
    try:
        assert answer.status_code == 200
    finally:
        answer.close()  # the file


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["email/", "confirm-email/", "password/set/", "confirm-email/abc/"])
def test_pages_of_the_login_library_that_we_do_not_stand_for_are_not_there(page: str, client: Client) -> None:
    """With them a member could take over an address that is not theirs."""
    assert client.get(f"/accounts/{page}").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["login/", "signup/", "password/reset/", "password/reset/done/"])
def test_the_other_pages_of_the_login_library_stand(page: str, client: Client) -> None:
    assert client.get(f"/accounts/{page}").status_code == 200
