"""What each answer of Messenger means for us: one code of channels/backends/meta_errors.py a line."""

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
    ContactBusy,
    ContactGone,
    ContactUnreachable,
    MessageRejected,
    OutcomeUnknown,
    TemporaryFailure,
    WindowClosed,
)
from channels.messages import Answer, Outgoing, Receipt

messenger = backend_for("messenger")
MESSAGE = Outgoing(Text("hi"), key="d1.0")


def error_of(answer: Answer) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        messenger.read(answer, MESSAGE)
    return caught.value


def refused(code: Any, subcode: Any = None, *, status: int = 400, headers: Any = None, **more: Any) -> Answer:
    error = {"message": "(#错误) 10 2018278 190", "type": "OAuthException", "code": code, "fbtrace_id": "T1", **more}
    if subcode is not None:
        error["error_subcode"] = subcode
    return Answer(status, headers or {}, json.dumps({"error": error}).encode())


def test_a_message_id_is_the_receipt() -> None:
    answer = Answer(200, body=b'{"recipient_id": "psid-ann", "message_id": "m_1"}')
    assert messenger.read(answer, MESSAGE) == Receipt("m_1")
    assert messenger.read(Answer(200, body=b'{"message_id": "m_2"}'), MESSAGE) == Receipt("m_2")


ROWS: list[tuple[int, int | None, type[ChannelError], str | None]] = [
    (1, 1357046, OutcomeUnknown, None),  # the messages may all have been sent
    (1, None, TemporaryFailure, None),
    (2, None, TemporaryFailure, None),
    (4, None, ChannelTrouble, None),
    (4, 2018022, ChannelTrouble, None),
    (4, 2018354, MessageRejected, None),
    (10, 2018278, WindowClosed, None),
    (10, 2534022, WindowClosed, None),
    (10, 2018065, WindowClosed, None),
    (10, 2018108, ContactGone, "blocked"),
    (10, 1893015, ContactGone, "opted_out"),
    (10, 1893063, ChannelMisconfigured, "account_restricted"),
    (10, None, ChannelMisconfigured, "credentials_refused"),
    (10, 99, ChannelMisconfigured, "credentials_refused"),
    (100, 2018001, ContactGone, "contact_gone"),
    (100, 2018109, MessageRejected, None),
    (100, 2018047, MessageRejected, None),
    (100, 2018008, TemporaryFailure, None),
    (100, 2018294, MessageRejected, None),
    (100, 33, MessageRejected, None),
    (100, None, MessageRejected, None),  # the dead tags
    (100, 12345, MessageRejected, None),
    (190, None, ChannelMisconfigured, "credentials_refused"),
    (190, 463, ChannelMisconfigured, "credentials_refused"),
    (190, 460, ChannelMisconfigured, "credentials_refused"),
    (190, 458, ChannelMisconfigured, "credentials_refused"),
    (200, 1545041, ContactUnreachable, None),
    (200, 2018028, ChannelMisconfigured, "credentials_refused"),
    (200, 2018027, ChannelMisconfigured, "credentials_refused"),
    (200, 2018021, ChannelMisconfigured, "credentials_refused"),
    (200, None, ChannelMisconfigured, "credentials_refused"),
    (230, None, ChannelMisconfigured, "credentials_refused"),
    (298, None, ChannelMisconfigured, "credentials_refused"),  # the range of permissions
    (368, None, ChannelMisconfigured, "account_restricted"),
    (551, None, ContactUnreachable, None),
    (551, 1545041, ContactUnreachable, None),
    (613, None, ChannelTrouble, None),
    (613, 2534040, ChannelTrouble, None),
    (613, 2018338, ContactBusy, None),
    (1200, None, TemporaryFailure, None),
    (2022, None, ChannelMisconfigured, "account_restricted"),
    (2018300, None, TemporaryFailure, None),
    (10, 2018300, TemporaryFailure, None),
    (2018321, None, TemporaryFailure, None),
    (100, 2018321, TemporaryFailure, None),
    (987654, None, MessageRejected, None),  # a code that nobody described is final
]


@pytest.mark.parametrize(("code", "subcode", "expected", "because"), ROWS)
@pytest.mark.parametrize("status", [200, 400, 403])
def test_the_code_decides_whatever_the_status_and_the_text_say(
    code: int, subcode: int | None, expected: type[ChannelError], because: str | None, status: int
) -> None:
    error = error_of(refused(code, subcode, status=status))
    assert type(error) is expected
    if because is not None:
        assert isinstance(error, ChannelMisconfigured | ContactGone)
        assert error.because == because
    assert str(code) in error.detail
    assert "错误" not in error.detail, "the provider's text may name the person"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (refused(987654, status=500), TemporaryFailure),
        (refused(987654, is_transient=True), TemporaryFailure),
        (refused(100, 12345, is_transient=True), TemporaryFailure),
        (refused(613, is_transient=True), ChannelTrouble),  # the code knows better
        (refused(190, is_transient=True), ChannelMisconfigured),
        (refused(2, status=502), TemporaryFailure),  # a gateway's status, yet the provider's own words
        (refused(987654, status=429), ChannelTrouble),
        (refused("190"), ChannelMisconfigured),
        (refused(None, status=500), TemporaryFailure),
        (refused(None, status=400), ChannelTrouble),
        (refused(None, status=200), OutcomeUnknown),
    ],
)
def test_codes_that_the_table_does_not_know(answer: Answer, expected: type[ChannelError]) -> None:
    assert type(error_of(answer)) is expected


def test_a_rate_limit_waits_as_long_as_the_usage_headers_say() -> None:
    usage = {"1": [{"type": "messenger", "estimated_time_to_regain_access": 7}, {"type": "pages"}], "2": "odd"}
    headers = {"x-app-usage": '{"call_count":104}', "x-business-use-case-usage": json.dumps(usage)}
    error = error_of(refused(613, headers=headers))
    assert isinstance(error, ChannelTrouble)
    assert error.wait == timedelta(minutes=7)


def test_the_longer_of_two_words_counts() -> None:
    usage = json.dumps({"1": [{"estimated_time_to_regain_access": 1}]})
    error = error_of(refused(4, headers={"retry-after": "90", "x-business-use-case-usage": usage}))
    assert isinstance(error, ChannelTrouble)
    assert error.wait == timedelta(seconds=90)


@pytest.mark.parametrize("header", ["", "[]", "{", '{"1": {}}', '{"1": [{"estimated_time_to_regain_access": "soon"}]}'])
def test_usage_that_says_nothing_leaves_the_pause_to_the_engine(header: str) -> None:
    error = error_of(refused(613, headers={"x-business-use-case-usage": header}))
    assert isinstance(error, ChannelTrouble)
    assert error.wait is None


def test_another_app_in_control_is_asked_again_after_an_hour() -> None:
    error = error_of(refused(2018300))
    assert isinstance(error, TemporaryFailure)
    assert error.retry_after == timedelta(hours=1)


def test_one_person_may_be_busy_for_as_long_as_the_provider_says() -> None:
    error = error_of(refused(613, 2018338, headers={"retry-after": "45"}))
    assert isinstance(error, ContactBusy)
    assert error.wait == timedelta(seconds=45)


@pytest.mark.parametrize("body", [b'{"recipient_id": "1"}', b'{"message_id": ""}', b'{"message_id": 7}', b"{}", b"[]"])
def test_taken_without_a_readable_id_is_unknown(body: bytes) -> None:
    assert type(error_of(Answer(200, body=body))) is OutcomeUnknown


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, None),
        ({"x-app-usage": '{"call_count": 94, "total_time": 3}'}, None),
        ({"x-app-usage": '{"call_count": 3, "total_time": 95}'}, timedelta(minutes=1)),
        ({"x-app-usage": '{"call_count": 240}'}, timedelta(minutes=1)),
        ({"x-business-use-case-usage": '{"1": [{"type": "messenger", "call_count": 97}]}'}, timedelta(minutes=1)),
        (
            {"x-business-use-case-usage": '{"1": [{"call_count": 97, "estimated_time_to_regain_access": 7}]}'},
            timedelta(minutes=7),
        ),
        ({"x-app-usage": "not json"}, None),
        ({"x-app-usage": "[[]]"}, None),
        ({"x-app-usage": '{"call_count": "99"}'}, None),
    ],
)
def test_a_good_answer_may_ask_for_a_rest(headers: dict[str, str], wait: timedelta | None) -> None:
    answer = Answer(200, headers, b'{"message_id": "m_1"}')
    assert messenger.read(answer, MESSAGE) == Receipt("m_1", wait=wait)
