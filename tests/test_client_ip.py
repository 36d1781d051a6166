"""Whose address counts: behind the trusted proxies nobody chooses their own, and nobody shares the proxy's."""

from __future__ import annotations

import json

import pytest
from django.conf import LazySettings
from django.core.cache import cache
from django.test import Client, RequestFactory

from sequencer.workspaces.client_ip import client_ip
from sequencer.workspaces.models import AuditEvent, Role
from tests.builders import a_channel, a_member, a_workspace, an_api_key

PROXY = "10.0.0.1"
INVENTED_THEN_REAL = "6.6.6.6, 203.0.113.7"


@pytest.mark.parametrize(
    ("proxies", "called_from", "passed_on", "expected"),
    [
        (0, "203.0.113.7", "", "203.0.113.7"),
        (0, "203.0.113.7", "6.6.6.6", "203.0.113.7"),  # nobody is trusted: the header is the caller's invention
        (1, PROXY, "203.0.113.7", "203.0.113.7"),
        (1, PROXY, INVENTED_THEN_REAL, "203.0.113.7"),
        (2, PROXY, "6.6.6.6, 203.0.113.7, 10.0.0.2", "203.0.113.7"),
        (1, "203.0.113.7", "", "203.0.113.7"),  # past the proxy
        (2, "203.0.113.7", "6.6.6.6", "203.0.113.7"),  # past one of the proxies
        (1, PROXY, "203.0.113.7:51022", "203.0.113.7"),  # some proxies add the port
        (1, PROXY, "[2001:db8::7]:51022", "2001:db8::7"),
        (1, PROXY, "[2001:db8::7]", "2001:db8::7"),
        (1, PROXY, "2001:DB8::7", "2001:db8::7"),
        (1, PROXY, "unknown", None),
        (1, PROXY, "6.6.6.6,", None),
        (0, "fe80::1%eth0", "", "fe80::1"),  # the audit log's column knows no zones
        (0, "", "", None),  # a Unix socket
        (0, "unix:", "", None),
        (0, "testclient", "", None),
    ],
)
def test_the_last_proxy_that_is_trusted_says_who_called(
    settings: LazySettings, proxies: int, called_from: str, passed_on: str, expected: str | None
) -> None:
    settings.TRUSTED_PROXIES = proxies
    headers = {"x-forwarded-for": passed_on} if passed_on else {}
    assert client_ip(RequestFactory(headers=headers).get("/", REMOTE_ADDR=called_from)) == expected


def failed_logins(email: str, *, addresses: list[str]) -> list[bool]:
    """Whether each attempt, made through the proxy, was turned away for being one too many."""
    answers = []
    for address in addresses:
        browser = Client(REMOTE_ADDR=PROXY, headers={"x-forwarded-for": address})
        page = browser.post("/accounts/login/", {"login": email, "password": "wrong"})
        answers.append(page.status_code == 429 or "too many" in page.content.decode().lower())
    return answers


def test_a_strangers_failures_behind_the_proxy_are_not_ours(settings: LazySettings, db: None) -> None:
    cache.clear()
    settings.TRUSTED_PROXIES = 1
    ann = a_member(a_workspace(), email="ann@example.com", password="a long password")  # noqa: S106
    # Invented addresses do not help: the proxy adds the real one behind them.
    assert failed_logins("mallory@example.com", addresses=[f"1.2.3.{n}, 203.0.113.6" for n in range(40)])[-1]
    browser = Client(REMOTE_ADDR=PROXY, headers={"x-forwarded-for": "203.0.113.7"})
    page = browser.post("/accounts/login/", {"login": ann.email, "password": "a long password"})
    assert page.status_code == 302
    cache.clear()


def test_a_caller_without_an_address_can_still_write(db: None) -> None:
    channel = a_channel()
    client = Client(REMOTE_ADDR="unix:", headers={"authorization": f"Bearer {an_api_key(channel.workspace)}"})
    body = json.dumps({"channel": channel.public_id, "address": "ann"})
    assert client.post("/api/v1/contacts/", body, content_type="application/json").status_code == 201
    assert AuditEvent.objects.get(object_kind="contact").ip_address is None
    browser = Client(REMOTE_ADDR="unix:")
    browser.force_login(a_member(channel.workspace, Role.OWNER))
    form = {"channel": channel.pk, "address": "bob", "time_zone": "", "language": "", "shown_tags": ""}
    assert browser.post("/admin/channels/contact/add/", form).status_code == 302


def test_the_audit_log_names_the_caller_and_not_the_proxy(settings: LazySettings, db: None) -> None:
    settings.TRUSTED_PROXIES = 1
    channel = a_channel()
    headers = {"authorization": f"Bearer {an_api_key(channel.workspace)}", "x-forwarded-for": INVENTED_THEN_REAL}
    client = Client(REMOTE_ADDR=PROXY, headers=headers)
    body = json.dumps({"channel": channel.public_id, "address": "ann"})
    assert client.post("/api/v1/contacts/", body, content_type="application/json").status_code == 201
    assert AuditEvent.objects.get(object_kind="contact").ip_address == "203.0.113.7"
