"""Telegram's calls: who is believed, and what each update means to us."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from channels.backends.questions import Profile
from channels.backends.telegram import secret_token
from channels.errors import WebhookRejected
from channels.events import Blocked, Consent, Event, Introduction, Renamed
from channels.messages import Account, InboundEvent, InboundKind
from channels.webhooks import WEBHOOKS, Call
from tests.doubles.telegram import member, message, tap

webhook = WEBHOOKS["telegram"]
ACCOUNT = Account({"bot_token": "1:a"}, channel_id=3)
NOW = datetime(2026, 11, 23, 12, 0, 5, tzinfo=UTC)
SECONDS = int(NOW.timestamp()) - 5
AT = NOW - timedelta(seconds=5)
ANN = "3527065"
HEADER = "X-Telegram-Bot-Api-Secret-Token"


def parsed(update: dict[str, Any] | bytes) -> list[Event]:
    body = update if isinstance(update, bytes) else json.dumps({"update_id": 9, **update}).encode()
    return list(webhook.parse(Call(body, received_at=NOW), ACCOUNT))


@pytest.mark.parametrize(
    ("account", "secret", "is_believed"),
    [
        (ACCOUNT, secret_token(ACCOUNT), True),
        (ACCOUNT, "", False),
        (ACCOUNT, "wrong", False),
        (ACCOUNT, "é", False),
        (ACCOUNT, secret_token(Account({"bot_token": "1:a"}, channel_id=4)), False),  # of another channel
        (ACCOUNT, secret_token(Account({"bot_token": "1:b"}, channel_id=3)), False),  # of an older token
        (Account({"bot_token": "1:a", "secret_token": "mine"}), "mine", True),
        (Account({"bot_token": "1:a", "secret_token": "mine"}), secret_token(ACCOUNT), False),
        (Account({}, channel_id=3), secret_token(Account({}, channel_id=3)), False),
    ],
)
def test_only_who_knows_the_secret_is_believed(account: Account, secret: str, is_believed: bool) -> None:
    call = Call(b"{}", {HEADER: secret} if secret else {})
    if is_believed:
        webhook.verify(call, account)
    else:
        with pytest.raises(WebhookRejected) as caught:
            webhook.verify(call, account)
        assert caught.value.status == 403


def test_a_message_is_an_interaction_and_introduces_its_sender() -> None:
    said, introduced = parsed({"message": message(int(ANN), SECONDS, "Bonjour\x00")})
    assert said == InboundEvent(ANN, AT, InboundKind.MESSAGE, "Bonjour", key="update 9")
    assert introduced == Introduction(ANN, AT, Profile("Ann", "Lee", "fr"))


def test_start_is_a_yes() -> None:
    kinds = [type(event) for event in parsed({"message": message(int(ANN), SECONDS, "/start spring")})]
    assert kinds == [InboundEvent, Consent, Introduction]
    assert Consent not in {type(event) for event in parsed({"message": message(int(ANN), SECONDS, "/starting")})}


def test_a_tap_hands_back_our_payload_and_is_answered_at_once() -> None:
    update = {"callback_query": tap(int(ANN), "seq1:s3:abc")}
    assert parsed(update) == [InboundEvent(ANN, NOW, InboundKind.BUTTON, payload="seq1:s3:abc", key="update 9")]
    answer = webhook.thanks_to(Call(json.dumps(update).encode()))
    assert json.loads(answer) == {"method": "answerCallbackQuery", "callback_query_id": "4382bfdwdsb323b2d9"}
    assert webhook.thanks_to(Call(b"{}")) == ""


def test_a_tap_below_a_message_that_is_gone_is_the_persons() -> None:
    query = {**tap(int(ANN), "x"), "message": None}
    assert [event.address for event in parsed({"callback_query": query}) if isinstance(event, InboundEvent)] == [ANN]


@pytest.mark.parametrize(
    ("was", "now_is", "expected"),
    [
        ("member", "kicked", [Blocked(ANN, AT, "update 9")]),
        ("member", "left", [Blocked(ANN, AT, "update 9")]),
        ("kicked", "member", [InboundEvent(ANN, AT, InboundKind.OTHER, key="update 9")]),
        ("member", "administrator", []),
        ("member", None, []),
    ],
)
def test_blocking_and_letting_in_again(was: str, now_is: Any, expected: list[Event]) -> None:
    assert parsed({"my_chat_member": member(int(ANN), SECONDS, now_is, was)}) == expected


GROUP = {"id": -4, "type": "group"}


def test_a_group_that_becomes_a_supergroup_is_told_from_both_sides() -> None:
    moved = message(5, SECONDS, chat=GROUP, migrate_to_chat_id=-1004)
    assert parsed({"message": moved}) == [Renamed("-1004", AT, former="-4")]
    came = message(5, SECONDS, chat={"id": -1004, "type": "supergroup"}, migrate_from_chat_id=-4)
    assert parsed({"message": came}) == [Renamed("-1004", AT, former="-4")]


def test_what_a_member_of_a_group_says_is_the_groups_and_introduces_nobody() -> None:
    said = parsed({"message": message(5, SECONDS, chat=GROUP)})
    assert said == [InboundEvent("-4", AT, InboundKind.MESSAGE, "Hello", key="update 9")]


def test_within_the_second_that_telegram_names_the_moment_is_that_of_coming() -> None:
    now = int(NOW.timestamp())
    call = Call(json.dumps({"message": message(5, now)}).encode(), received_at=NOW + timedelta(milliseconds=700))
    assert {event.at for event in webhook.parse(call, ACCOUNT)} == {NOW + timedelta(milliseconds=700)}


@pytest.mark.parametrize(
    "update",
    [
        {},
        {"edited_message": message(5, SECONDS)},
        {"channel_post": message(5, SECONDS)},
        {"novelty": {"a": 1}},
        {"message": None},
        {"message": {"chat": {"id": 5}}},  # no moment
        {"message": message(5, 10**30)},
        {"message": message(5, SECONDS, chat={"id": "a b"})},
        {"message": message(5, SECONDS, new_chat_members=[{"id": 5}])},
        {"message": message(5, SECONDS, **{"from": {"id": 5, "is_bot": True}})},
        {"my_chat_member": member(5, SECONDS, "kicked") | {"chat": None}},
        {"callback_query": {"data": "x"}},
        {"callback_query": []},
    ],
    ids=lambda update: str(update)[:30],
)
def test_what_is_unknown_or_broken_says_nothing(update: dict[str, Any]) -> None:
    assert parsed(update) == []


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_update_is_400(body: bytes) -> None:
    with pytest.raises(WebhookRejected) as caught:
        parsed(body)
    assert caught.value.status == 400
