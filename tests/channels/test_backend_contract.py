"""What every kind of channel must do; a new backend is measured by this file first."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import asdict
from datetime import timedelta
from typing import Any
from urllib.parse import unquote_plus

import pytest

from channels.admin.own_settings import CREDENTIALS, own_setting
from channels.backends import KINDS, Backend, backend_for, kinds
from channels.backends.questions import Question
from channels.content import (
    Audio,
    Button,
    Buttons,
    File,
    Image,
    Message,
    QuickReplies,
    QuickReply,
    RemoteSubFlow,
    Template,
    Text,
    Video,
)
from channels.errors import (
    ChannelError,
    ChannelMisconfigured,
    ChannelTrouble,
    ContactGone,
    MessageRejected,
    OutcomeUnknown,
    TemporaryFailure,
    UnsupportedMessage,
)
from channels.messages import (
    SANE_OFFSET_MINUTES,
    Account,
    Answer,
    DoorResult,
    HttpCall,
    LocalMessage,
    Lost,
    MailMessage,
    Outgoing,
    Recipient,
    Route,
    Unreached,
)
from channels.webhooks import WEBHOOKS
from tests.channels.samples import SAMPLES

KEY = "delivery-77.2"
HTML = b"<html>Sorry</html>"
DATE = "Sun, 22 Nov 2026 12:00:00 GMT"

CONTENTS: list[Message] = [
    Text("hi"),
    Text(""),
    Text("x" * 100_000),
    Image("https://e.com/a.png"),
    Image("https://e.com/a.png", "caption"),
    Image("nonsense"),
    Video("https://e.com/a.mp4"),
    Audio("https://e.com/a.mp3"),
    File("https://e.com/a.pdf"),
    Buttons("hi", (Button("Open", url="https://e.com/"), Button("Yes", payload="YES"))),
    Buttons("hi", ()),
    Buttons("hi", (Button("x" * 500, payload="YES"),) * 40),
    QuickReplies("hi", (QuickReply("Yes", "YES"),)),
    QuickReplies("hi", (QuickReply("", ""),) * 40),
    Template("order", "en", ("1",)),
    Template("", ""),
    RemoteSubFlow("f190385s3400927", "Coupon"),
    RemoteSubFlow(""),
]


@pytest.fixture(params=kinds())
def backend(request: pytest.FixtureRequest) -> Backend:
    return backend_for(request.param)


@pytest.fixture
def account(backend: Backend) -> Account:
    return SAMPLES[backend.kind].account


@pytest.fixture
def ann(backend: Backend) -> Recipient:
    return Recipient(SAMPLES[backend.kind].address, contact_id=5)


def outgoing(content: Message) -> Outgoing:
    route = Route.UTILITY_TEMPLATE if isinstance(content, Template) else Route.MESSAGE
    return Outgoing(content, key=KEY, route=route)


def test_a_kind_is_listed_under_its_own_name(backend: Backend) -> None:
    assert KINDS[backend.kind] is backend
    assert backend.label


def test_an_unknown_kind_is_an_error() -> None:
    with pytest.raises(KeyError):
        backend_for("carrier-pigeon")


def test_what_a_kind_says_it_can_do_makes_sense(backend: Backend) -> None:
    can = backend.capabilities
    assert can.after_24_hours_default in ("utility_template", "message_tag", "never")
    assert can.templates or can.after_24_hours_default != "utility_template"
    assert can.tags or can.after_24_hours_default != "message_tag"
    assert can.sends_per_second > 0
    assert backend.after_24_hours({}) == can.after_24_hours_default
    assert backend.after_24_hours({"after_24_hours": "never"}) == "never"
    assert backend.reply_window({}) == can.reply_window


@pytest.mark.parametrize("content", CONTENTS, ids=lambda content: type(content).__name__)
def test_a_content_is_built_exactly_when_nothing_is_wrong_with_it(
    backend: Backend, ann: Recipient, account: Account, content: Message
) -> None:
    problems = backend.problems(content)
    if problems:
        with pytest.raises(UnsupportedMessage) as caught:
            backend.build(outgoing(content), ann, account)
        assert all(problem in caught.value.detail for problem in problems)
    else:
        assert isinstance(backend.build(outgoing(content), ann, account), HttpCall | LocalMessage | MailMessage)


def test_the_key_the_person_and_the_words_go_along(backend: Backend, ann: Recipient, account: Account) -> None:
    match backend.build(outgoing(Text("bonjour")), ann, account):
        case HttpCall() as call:
            written = unquote_plus(call.url) + str(call.headers) + unquote_plus(call.body.decode())
            assert (KEY in written) == SAMPLES[backend.kind].carries_key
            assert b"bonjour" in call.body
            assert ann.address in written
        case LocalMessage() as local:
            assert (local.key, local.contact_id, local.channel_id) == (KEY, 5, 3)
            assert local.content == Text("bonjour")
        case MailMessage() as mail:
            assert (mail.key, mail.to) == (KEY, ann)
            assert mail.letter.blocks == (Text("bonjour"),)


def test_the_same_message_is_built_the_same_twice(backend: Backend, ann: Recipient, account: Account) -> None:
    first, second = (backend.build(outgoing(Text("hi")), ann, account) for _ in range(2))
    assert first == second


def test_every_kind_has_its_samples_and_no_other() -> None:
    assert SAMPLES.keys() == KINDS.keys()
    assert {kind for kind, samples in SAMPLES.items() if samples.webhook} == WEBHOOKS.keys()


def test_a_good_answer_is_read_with_its_id(backend: Backend) -> None:
    samples = SAMPLES[backend.kind]
    assert backend.read(samples.taken, outgoing(Text("hi"))).provider_message_id == samples.taken_id


def test_each_refusal_has_its_consequence(backend: Backend) -> None:
    """A kind that calls a provider has at least those that every provider has."""
    samples = SAMPLES[backend.kind]
    for answer, expected in samples.refusals:
        with pytest.raises(ChannelError) as caught:
            backend.read(answer, outgoing(Text("hi")))
        assert type(caught.value) is expected, answer
        assert re.fullmatch(r"[\x20-\x7e]{1,300}", caught.value.detail)
    every = {ChannelMisconfigured, ChannelTrouble, MessageRejected, ContactGone, TemporaryFailure}
    shown = {expected for _, expected in samples.refusals}
    assert every <= shown or not backend.credential_fields, every - shown


def test_no_secret_stands_in_what_is_said_of_an_error(backend: Backend) -> None:
    samples = SAMPLES[backend.kind]
    secrets = {value for value in samples.credentials.values() if len(value) > 4}
    for answer, _ in samples.refusals:
        with pytest.raises(ChannelError) as caught:
            backend.read(answer, outgoing(Text("hi")))
        assert not any(secret in caught.value.detail for secret in secrets)


UNREADABLE: list[tuple[DoorResult, type[ChannelError]]] = [
    # It may have arrived.
    (Lost("timeout"), OutcomeUnknown),
    (Answer(200), OutcomeUnknown),
    (Answer(200, body=HTML), OutcomeUnknown),
    (Answer(200, body=b'{"message_id": "m_'), OutcomeUnknown),
    (Answer(200, body=b'{"message_id": "m' + b"x" * 999_000), OutcomeUnknown),  # cut at the limit
    (Answer(200, body=b"\xff\xfe"), OutcomeUnknown),
    (Answer(200, body=b"[" * 100_000), OutcomeUnknown),
    (Answer(204), OutcomeUnknown),
    (Answer(502, body=HTML), OutcomeUnknown),
    (Answer(502), OutcomeUnknown),
    (Answer(504), OutcomeUnknown),
    # It did not, and the provider or the way to it is why.
    (Answer(302, {"location": "/x"}), ChannelTrouble),
    (Answer(403, body=HTML), ChannelTrouble),
    (Answer(404, body=HTML), ChannelTrouble),
    (Answer(400), ChannelTrouble),
    (Answer(400, body=b"[]"), ChannelTrouble),
    (Answer(429), ChannelTrouble),
    (Answer(500, body=HTML), ChannelTrouble),
    (Answer(500), ChannelTrouble),
    (Answer(503, body=b"down for maintenance"), ChannelTrouble),
    (Unreached("no listener", is_refused=True), ChannelTrouble),
    # It did not, for a reason that one message cannot tell from an accident.
    (Unreached("timeout while connecting"), TemporaryFailure),
    (Unreached("no such name"), TemporaryFailure),
    # It never will.
    (Unreached("10.0.0.1", is_forbidden=True), ChannelMisconfigured),
]


@pytest.mark.parametrize(("result", "expected"), UNREADABLE)
def test_what_cannot_be_read_means_the_same_on_every_kind(
    backend: Backend, result: DoorResult, expected: type[ChannelError]
) -> None:
    if SAMPLES[backend.kind].says_it_by_status and isinstance(result, Answer):
        if 200 <= result.status < 300:
            backend.read(result, outgoing(Text("hi")))
            return
        expected = ChannelTrouble
    with pytest.raises(ChannelError) as caught:
        backend.read(result, outgoing(Text("hi")))
    assert type(caught.value) is expected
    if isinstance(caught.value, ChannelTrouble) and isinstance(result, Answer):
        assert caught.value.may_have_arrived == (result.status in (502, 504))
    assert caught.value.detail
    assert "Sorry" not in caught.value.detail


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after": "17"}, timedelta(seconds=17)),
        ({"retry-after": " 0 "}, timedelta()),
        ({"retry-after": "Sun, 22 Nov 2026 12:01:30 GMT", "date": DATE}, timedelta(seconds=90)),
        ({"retry-after": "Sun, 22 Nov 2026 11:00:00 GMT", "date": DATE}, None),  # past
        ({"retry-after": "Sun, 22 Nov 2026 12:01:30 GMT"}, None),  # no moment to measure from
        ({"retry-after": "999999999999"}, timedelta(days=1)),  # asked again after a day at the latest
        ({"retry-after": "Thu, 31 Dec 2099 00:00:00 GMT", "date": DATE}, timedelta(days=1)),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "٣"}, None),
        ({}, None),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_the_providers_word_for_how_long_is_obeyed(
    backend: Backend, status: int, headers: dict[str, str], wait: timedelta | None
) -> None:
    with pytest.raises(ChannelTrouble) as caught:
        backend.read(Answer(status, headers), outgoing(Text("hi")))
    assert caught.value.wait == wait


ODD: list[Any] = [
    {"message_id": "x" * 300},
    {"message_id": "a\u0000"},
    {"message_id": "\ud800"},
    {"message_id": "m 1"},
    {"message_id": {"id": ["m_1"]}},
    {"error": {"code": 190, "fbtrace_id": "\u0000a"}},
    {"error": {"code": 190, "fbtrace_id": "\ud800"}},
    {"error": {"code": 190, "fbtrace_id": ["T"] * 3, "error_subcode": {"a": [None]}}},
    {"error": {"code": "9" * 5000}},
    {"error": {"code": int("9" * 4000)}},
    {"error": {"code": -(10**30), "error_subcode": "1" * 5000}},
    {"error": {"code": 1e308}},
    {"error": {"code": [[{"code": 190}]]}},
    {"error": {"error": {"error": {}}}},
    {"error": [{"code": 190}]},
    {"error": "\u0000"},
    {"": {"": [[[]]]}},
]


@pytest.mark.parametrize("status", [200, 400, 500])
@pytest.mark.parametrize("odd", [*ODD, '{"error": {"code": ' + "9" * 5000 + "}}"], ids=lambda odd: str(odd)[:40])
def test_whatever_a_gateway_answers_can_be_stored(backend: Backend, odd: Any, status: int) -> None:
    body = odd if isinstance(odd, str) else json.dumps(odd)
    kept = kept_of(backend, Answer(status, body=body.encode()))
    assert re.fullmatch(r"[\x20-\x7e]{0,300}", kept)


def kept_of(backend: Backend, answer: DoorResult) -> str:
    """What is stored of an answer: the id of a message that was taken, or what is said of one that was not."""
    try:
        return backend.read(answer, outgoing(Text("hi"))).provider_message_id
    except ChannelError as error:
        return error.detail


ODD_PEOPLE: list[Any] = [
    {"id": "1", "name": "a\u0000\ud800", "first_name": "a\u0000", "last_name": ["x"], "locale": "x" * 300},
    {"id": "1", "first_name": "x" * 5000, "timezone": int("9" * 4000)},
    {"id": "x" * 5000, "timezone": -(10**400)},
    {"id": "1", "timezone": float("nan")},
    {"id": "1", "timezone": float("inf")},
    {"id": {"a": 1}, "timezone": "5"},
]


@pytest.mark.parametrize("odd", [*ODD, *ODD_PEOPLE], ids=lambda odd: str(odd)[:40])
def test_whatever_a_gateway_answers_to_a_question_can_be_stored(backend: Backend, account: Account, odd: Any) -> None:
    asks: list[Question[Any] | None] = [backend.profile(SAMPLES[backend.kind].address, account), backend.me(account)]
    for ask in (one for one in asks if one is not None):
        with suppress(ChannelError):
            found = asdict(ask.parse(Answer(200, body=json.dumps(odd).encode())))
            words = [word for word in found.values() if isinstance(word, str)]
            assert all(len(word) <= 200 and not re.search(r"[\x00-\x1f\ud800-\udfff]", word) for word in words)
            assert (found.get("utc_offset_minutes") or 0) in SANE_OFFSET_MINUTES


def test_what_an_error_says_can_be_stored_and_shown() -> None:
    error = ChannelTrouble("not\x00 re\x1bached:\ud800 é\n")
    assert (error.detail, str(error)) == ("not reached: é",) * 2


def test_the_sandbox_can_do_without_its_window() -> None:
    sandbox = backend_for("sandbox")
    assert sandbox.reply_window({}) == timedelta(hours=24)
    assert sandbox.reply_window({"reply_window": True}) == timedelta(hours=24)
    assert sandbox.reply_window({"reply_window": False}) is None
    assert sandbox.read(Answer(200, body=b"41"), outgoing(Text("hi"))).provider_message_id == "41"


def test_every_setting_and_credential_of_a_kind_has_its_words(backend: Backend) -> None:
    for setting in backend.own_settings:
        assert own_setting(backend.kind, setting, {}).label
        assert not setting.example or re.fullmatch(setting.pattern, setting.example)
    assert {*backend.credential_fields, *backend.optional_credentials} <= CREDENTIALS.keys()
