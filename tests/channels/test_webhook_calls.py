"""Who may call a webhook, and what they are answered."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from channels.models import Contact
from tests.builders import a_channel
from tests.channels.calling_webhooks import a_webhook_page, address_of, post
from tests.doubles.graph_events import SECRET, VERIFY_TOKEN, message, post_of, signature

NOW = datetime.now(UTC)
BODY = post_of(message("ann", NOW, "äöå"))
OLD = "sha1=" + hmac.new(SECRET.encode(), BODY, hashlib.sha1).hexdigest()

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("signed", "more", "status"),
    [
        (signature(BODY), {}, 200),
        ("", {}, 403),  # missing
        (signature(BODY, "another secret"), {}, 403),
        (signature(BODY + b" "), {}, 403),  # of other bytes
        (signature(json.dumps(json.loads(BODY), ensure_ascii=False).encode()), {}, 403),  # of unescaped text
        (signature(BODY, ""), {}, 403),
        (signature(BODY).removeprefix("sha256="), {}, 403),
        (signature(BODY)[:-1], {}, 403),
        ("sha256=é", {}, 403),
        ("", {"X-Hub-Signature": OLD}, 403),  # only the old header
        (OLD, {}, 403),
    ],
    ids=(
        "right",
        "missing",
        "another secret",
        "other bytes",
        "unescaped text",
        "no secret",
        "no prefix",
        "too short",
        "not ascii",
        "only the old header",
        "the old one as the new",
    ),
)
def test_only_a_body_signed_with_our_secret_is_taken(signed: str, more: dict[str, str], status: int) -> None:
    page = a_webhook_page()
    assert post(page, BODY, signed, **more) == status
    assert Contact.objects.count() == (1 if status == 200 else 0)


def test_a_page_without_a_secret_takes_nothing() -> None:
    page = a_channel(kind="messenger", credentials={"page_id": "100"})
    assert post(page, BODY, signature(BODY, "")) == 403


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"hub.mode": "subscribe", "hub.verify_token": VERIFY_TOKEN, "hub.challenge": "1158201444"}, 200),
        ({"hub.mode": "subscribe", "hub.verify_token": "wrong", "hub.challenge": "1158201444"}, 403),
        ({"hub.mode": "subscribe", "hub.verify_token": "é", "hub.challenge": "1158201444"}, 403),
        ({"hub.mode": "subscribe", "hub.challenge": "1158201444"}, 403),
        ({"hub.mode": "unsubscribe", "hub.verify_token": VERIFY_TOKEN, "hub.challenge": "1"}, 403),
        ({"hub.mode": "subscribe", "hub.verify_token": VERIFY_TOKEN}, 403),
        ({}, 403),
    ],
)
def test_the_handshake_echoes_the_challenge_to_who_knows_the_token(query: dict[str, str], status: int) -> None:
    answer = Client().get(address_of(a_webhook_page()), query)
    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.content == (b"1158201444" if status == 200 else b"")


def test_an_empty_verify_token_of_ours_matches_nothing() -> None:
    page = a_channel(kind="messenger", credentials={"page_id": "100", "app_secret": SECRET})
    answer = Client().get(address_of(page), {"hub.mode": "subscribe", "hub.verify_token": "", "hub.challenge": "1"})
    assert answer.status_code == 403


def test_what_is_not_there_is_404() -> None:
    page, sandbox = a_webhook_page(), a_channel()
    for path in (
        "/webhooks/messenger/chn_unknown/",
        f"/webhooks/sandbox/{sandbox.public_id}/",
        f"/webhooks/messenger/{sandbox.public_id}/",
        f"/webhooks/carrier-pigeon/{page.public_id}/",
        f"/webhooks/messenger/{page.pk}/",
    ):
        assert Client().post(path, BODY, content_type="application/json").status_code == 404, path


def test_another_method_is_405() -> None:
    assert Client().put(address_of(a_webhook_page()), BODY).status_code == 405


@pytest.mark.parametrize(("size", "status"), [(1024 * 1024, 200), (1024 * 1024 + 1, 413), (20 * 1024 * 1024, 413)])
def test_a_body_over_1_mb_is_refused(size: int, status: int) -> None:
    body = BODY.ljust(size)
    assert post(a_webhook_page(), body) == status
    assert Contact.objects.count() == (1 if status == 200 else 0)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b"<xml/>"])
def test_a_signed_body_that_is_no_json_object_is_400(body: bytes) -> None:
    assert post(a_webhook_page(), body) == 400


@pytest.mark.parametrize(
    "post_body",
    [
        {"object": "instagram", "entry": []},
        {"object": "page"},
        {"object": "page", "entry": "x"},
        {"object": "page", "entry": [None, 1, {"id": "100"}, {"id": "100", "messaging": [None, 3, {}]}]},
        {"object": "page", "entry": [{"id": "100", "changes": [{"field": "feed", "value": {}}]}]},
        {"object": "page", "entry": [{"id": "100", "messaging": [{"timestamp": 1, "novelty": {"a": 1}}]}]},
        {"object": "page", "entry": [{"id": "100", "messaging": [{"sender": {"id": "a"}, "message": {"mid": "m"}}]}]},
    ],
)
def test_what_is_unknown_is_answered_200_and_changes_nothing(post_body: dict[str, Any]) -> None:
    assert post(a_webhook_page(), json.dumps(post_body).encode()) == 200
    assert not Contact.objects.exists()


@pytest.mark.parametrize(
    "broken",
    [
        {"sender": {"id": "a\x00b"}},
        {"sender": {"id": "\ud800"}},
        {"sender": {"id": "x" * 300}},
        {"sender": {"id": ["x"]}},
        {"sender": "ann"},
        {"timestamp": 10**30},
        {"timestamp": "soon"},
        {"timestamp": True},
    ],
)
def test_one_broken_event_does_not_hold_up_the_others(broken: dict[str, Any]) -> None:
    body = json.dumps(
        {
            "object": "page",
            "entry": [{"id": "100", "messaging": [{**message("bob", NOW), **broken}, message("ann", NOW)]}],
        }
    ).encode()
    assert post(a_webhook_page(), body) == 200
    assert [contact.address for contact in Contact.objects.all()] == ["ann"]


def test_texts_that_no_database_stores_do_no_harm() -> None:
    body = post_of(message("ann", NOW, "a\x00b\ud800", quick_reply={"payload": "p\x00\ud800"}))
    assert post(a_webhook_page(), body) == 200
    assert Contact.objects.get().address == "ann"


def test_entries_of_another_page_are_passed_over() -> None:
    page = a_webhook_page()
    assert post(page, post_of(message("ann", NOW), page_id="999")) == 200
    assert not Contact.objects.exists()


def test_a_database_in_trouble_asks_the_provider_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **more: Any) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr("channels.actions.record_events.note_inbound", fail)
    page = a_webhook_page()
    assert post(page, BODY) == 503
    monkeypatch.undo()
    assert post(page, BODY) == 200
    assert Contact.objects.count() == 1


def test_neither_secrets_nor_words_nor_people_reach_the_log(caplog: pytest.LogCaptureFixture) -> None:
    page = a_webhook_page()
    body = post_of(message("4711-person", NOW + timedelta(days=400), "my-private-words"))
    with caplog.at_level(logging.DEBUG):
        assert (post(page, body), post(page, body, "sha256=canary"), post(page, b"my-private-words")) == (200, 403, 400)
    lines = [record.getMessage() for record in caplog.records if record.name != "django.db.backends"]
    assert len(lines) >= 2
    for word in (SECRET, VERIFY_TOKEN, "my-private-words", "4711-person", "canary"):
        assert not any(word in line for line in lines), word
