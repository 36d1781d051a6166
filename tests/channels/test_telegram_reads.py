"""What each answer of Telegram means for us."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from channels.backends import backend_for
from channels.content import Text
from channels.errors import (
    ChannelError,
    ChannelMisconfigured,
    ChannelTrouble,
    ContactGone,
    ContactMoved,
    MessageRejected,
    OutcomeUnknown,
    TemporaryFailure,
)
from channels.messages import Account, Answer, Outgoing, Receipt

telegram = backend_for("telegram")
MESSAGE = Outgoing(Text("hi"), key="7.0")


def refused(code: Any, words: str = "", status: int = 0, headers: Any = None, **parameters: Any) -> Answer:
    told: dict[str, Any] = {"ok": False, "error_code": code, "description": words}
    if parameters:
        told["parameters"] = parameters
    return Answer(status or code, headers or {}, json.dumps(told).encode())


def error_of(answer: Answer) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        telegram.read(answer, MESSAGE)
    return caught.value


@pytest.mark.parametrize(
    ("chat", "known_as"),
    [(3527065, "133"), (-1001234567890, "-1001234567890/133"), ("odd\n", "133"), (None, "133")],
)
def test_a_message_id_is_the_receipt_and_a_groups_own_in_groups(chat: Any, known_as: str) -> None:
    body = {"ok": True, "result": {"message_id": 133, "chat": {"id": chat}, "date": 1454119029}}
    assert telegram.read(Answer(200, body=json.dumps(body).encode()), MESSAGE) == Receipt(known_as)


ROWS: list[tuple[int, str, type[ChannelError], str]] = [
    (403, "Forbidden: bot was blocked by the user", ContactGone, "blocked"),
    (403, "Forbidden: user is deactivated", ContactGone, "contact_gone"),
    (403, "Forbidden: bot can't initiate conversation with a user", ContactGone, "contact_gone"),
    (403, "Forbidden: bot was kicked from the group chat", ContactGone, "blocked"),
    (403, "Forbidden: bot was kicked from the supergroup chat", ContactGone, "blocked"),
    (403, "Forbidden: bot was kicked from the channel chat", ContactGone, "blocked"),
    (403, "Forbidden: bot is not a member of the supergroup chat", ContactGone, "blocked"),
    (403, "Forbidden: the group chat was deleted", ContactGone, "blocked"),
    (403, "Verboten", ContactGone, "blocked"),  # whatever the words, whoever forbids it is not reached
    (400, "Bad Request: chat not found", ContactGone, "contact_gone"),
    (400, "Bad Request: chat_id is empty", ContactGone, "contact_gone"),
    (400, "Bad Request: message is too long", MessageRejected, ""),
    (400, "Bad Request: can't parse entities: unexpected end", MessageRejected, ""),
    (400, "Bad Request: reply markup is too long", MessageRejected, ""),
    (400, "Bad Request: Wrong HTTP URL specified", MessageRejected, ""),
    (400, "Bad Request: Failed to get HTTP URL content", MessageRejected, ""),
    (400, "坏请求", MessageRejected, ""),
    (413, "Request Entity Too Large", MessageRejected, ""),
    (401, "Unauthorized", ChannelMisconfigured, "credentials_refused"),
    (401, "Unauthorized: invalid token specified", ChannelMisconfigured, "credentials_refused"),
    (404, "Not Found", ChannelMisconfigured, "credentials_refused"),
    (429, "Too Many Requests: retry after 30", ChannelTrouble, ""),
    (500, "Internal Server Error: restart", TemporaryFailure, ""),
    (502, "Bad Gateway", TemporaryFailure, ""),  # a gateway's status, yet the provider's own words
]


@pytest.mark.parametrize(("code", "words", "expected", "because"), ROWS)
@pytest.mark.parametrize("status", [0, 200])
def test_each_row_has_its_consequence_whatever_the_status_says(
    code: int, words: str, expected: type[ChannelError], because: str, status: int
) -> None:
    error = error_of(refused(code, words, status))
    assert type(error) is expected
    assert getattr(error, "because", "") == because
    assert f"Telegram {code}" in error.detail


def test_a_group_that_became_a_supergroup_names_its_new_address() -> None:
    words = "Bad Request: group chat was upgraded to a supergroup chat"
    error = error_of(refused(400, words, migrate_to_chat_id=-1009876543210))
    assert isinstance(error, ContactMoved)
    assert error.address == "-1009876543210"


@pytest.mark.parametrize(
    ("parameters", "headers", "seconds"),
    [
        ({"retry_after": 30}, {}, 30),
        ({"retry_after": 30}, {"retry-after": "5"}, 30),
        ({}, {"retry-after": "5"}, 5),
        ({"retry_after": 10**30}, {}, 86_400),
        ({"retry_after": "soon"}, {}, None),
        ({"retry_after": True}, {}, None),
        ({}, {}, None),
    ],
)
def test_too_many_requests_wait_as_long_as_telegram_says(
    parameters: dict[str, Any], headers: dict[str, str], seconds: int | None
) -> None:
    error = error_of(refused(429, "Too Many Requests", headers=headers, **parameters))
    assert isinstance(error, ChannelTrouble)
    assert error.wait == (None if seconds is None else timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (refused(None, "", 400), MessageRejected),
        (refused(10**40, "", 500), TemporaryFailure),
        (refused("403", "", 403), ContactGone),
        (Answer(400, body=b'{"ok": "no"}'), ChannelTrouble),
        (Answer(200, body=b'{"ok": "no"}'), OutcomeUnknown),
        (Answer(500, body=b'{"ok": true}'), ChannelTrouble),
    ],
)
def test_odd_answers(answer: Answer, expected: type[ChannelError]) -> None:
    assert type(error_of(answer)) is expected


NO_ID = [b'{"ok": true}', b'{"ok": true, "result": {"message_id": "x\\n"}}', b'{"ok": true, "result": true}']


@pytest.mark.parametrize("body", NO_ID)
def test_taken_is_taken_even_without_a_readable_id(body: bytes) -> None:
    assert telegram.read(Answer(200, body=body), MESSAGE) == Receipt("")


def test_the_bot_is_named_by_its_username() -> None:
    ask = telegram.me(Account({"bot_token": "1:a"}))
    assert ask is not None
    found = ask.parse(Answer(200, body=b'{"ok":true,"result":{"id":110201543,"username":"shop_bot"}}'))
    assert (found.provider_id, found.name) == ("110201543", "@shop_bot")
