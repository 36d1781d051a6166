"""Owners make, try, switch and remove webhook endpoints on pages; the secret is shown once, and nobody else gets in."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from sequencer.workspaces.models import Role, Workspace
from sequences.models import WebhookAttempt, WebhookEndpoint, WebhookMessage
from tests.builders import a_member, a_workspace

pytestmark = pytest.mark.django_db

LIST = "/admin/sequences/webhookendpoint/"


def page_of(workspace: Workspace, role: Role = Role.OWNER) -> Client:
    client = Client()
    client.force_login(a_member(workspace, role))
    return client


def test_an_owner_makes_one_and_sees_its_secret_once() -> None:
    owner = page_of(a_workspace())
    form = {"url": "https://shop.example/hook", "description": "The shop", "event_types": ["message.failed"]}
    shown = owner.post(f"{LIST}add/", form)
    assert "whsec_" in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    row = WebhookEndpoint.objects.get()
    assert (row.url, row.event_types) == (form["url"], ["message.failed"])
    for page in (LIST, f"{LIST}{row.pk}/change/", f"{LIST}{row.pk}/history/"):
        answer = owner.get(page)
        assert answer.status_code == 200
        assert "whsec_" not in answer.content.decode()
    refused = owner.post(f"{LIST}{row.pk}/change/", {**form, "url": "ftp://shop.example"})
    assert refused.status_code == 200
    assert WebhookEndpoint.objects.get().url == form["url"]


def test_what_the_buttons_do() -> None:
    owner = page_of(a_workspace())
    owner.post(f"{LIST}add/", {"url": "https://shop.example/hook"})
    row = WebhookEndpoint.objects.get()

    def press(verb: str, **form: Any) -> Any:
        return owner.post(f"{LIST}{row.pk}/{verb}/now/", form)

    press("test")
    message = WebhookMessage.objects.get()
    WebhookAttempt.objects.create(workspace=row.workspace, message=message, at=message.at, status=503, took=7)
    assert "503" in owner.get(f"/admin/sequences/webhookmessage/{message.pk}/change/").content.decode()
    assert "test" in owner.get("/admin/sequences/webhookmessage/").content.decode()
    assert "whsec_" in press("rotate").content.decode()
    WebhookMessage.objects.update(state="delivered", next_attempt_at=None)
    press("replay", since="2026-01-01T00:00")
    assert WebhookMessage.objects.get().state == "waiting"
    press("replay", since="someday")
    press("disable")
    assert WebhookEndpoint.objects.get().disabled_because == "by_hand"
    press("test")
    assert WebhookMessage.objects.count() == 1
    WebhookEndpoint.objects.update(disabled_because="failing")
    assert "https://shop.example/hook" in owner.get("/admin/").content.decode(), "owners are told on every page"
    press("enable")
    assert WebhookEndpoint.objects.get().state == "active"
    assert owner.get(f"{LIST}{row.pk}/test/now/").status_code == 405
    assert press("dance").status_code == 404
    press("remove")
    assert not WebhookEndpoint.objects.exists()


@pytest.mark.parametrize("role", [Role.EDITOR, Role.VIEWER])
def test_nobody_but_owners_gets_in(role: Role) -> None:
    workspace = a_workspace()
    page_of(workspace).post(f"{LIST}add/", {"url": "https://shop.example/hook"})
    row, other = WebhookEndpoint.objects.get(), page_of(workspace, role)
    for address in (LIST, f"{LIST}add/", f"{LIST}{row.pk}/change/", "/admin/sequences/webhookmessage/"):
        assert other.get(address).status_code in (302, 403), address
    for verb in ("test", "disable", "rotate", "replay", "remove"):
        assert other.post(f"{LIST}{row.pk}/{verb}/now/").status_code in (403, 404)
    assert WebhookEndpoint.objects.get().state == "active"
    assert "webhookendpoint" not in other.get("/admin/").content.decode()
