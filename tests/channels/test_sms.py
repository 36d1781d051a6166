"""What Twilio is sent, and what each of its answers and posts means for us (docs/providers/sms.md)."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest

from channels.actions.channel_settings import check_settings
from channels.backends import backend_for
from channels.backends.sms_answers import MEANINGS
from channels.content import Button, Buttons, Image, Message, QuickReplies, QuickReply, Template, Text
from channels.errors import (
    ChannelError,
    ChannelMisconfigured,
    ChannelTrouble,
    ContactGone,
    ContactUnreachable,
    MessageRejected,
    OutcomeUnknown,
    TemporaryFailure,
    WebhookRejected,
    WindowClosed,
)
from channels.events import Consent, Echo, Event, MessageReceipt, ReceiptKind, Undelivered
from channels.messages import Account, Answer, HttpCall, InboundEvent, InboundKind, Outgoing, Recipient
from channels.webhooks import WEBHOOKS, Call
from channels.webhooks.sms import signature
from tests.doubles.twilio import CREDENTIALS, OURS, SID, spoken

sms, webhook = backend_for("sms"), WEBHOOKS["sms"]
ANN = "+33612345678"
URL = "https://shop.example/webhooks/sms/chn_1/"
ACCOUNT = Account(CREDENTIALS, {"from": OURS}, channel_id=3, webhook_url=URL)
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
FORM = "application/x-www-form-urlencoded"


def built(content: Message, account: Account = ACCOUNT) -> HttpCall:
    call = sms.build(Outgoing(content, key="7.0"), Recipient(ANN), account)
    assert isinstance(call, HttpCall)
    return call


@pytest.mark.parametrize(
    ("content", "fields"),
    [
        (Text("Ça va & toi ? 😀"), {"Body": "Ça va & toi ? 😀"}),
        (Image("https://e.com/a.png"), {"MediaUrl": "https://e.com/a.png"}),
        (Image("https://e.com/a.png", "Look"), {"MediaUrl": "https://e.com/a.png", "Body": "Look"}),
    ],
)
def test_each_content_is_a_form(content: Message, fields: dict[str, str]) -> None:
    call = built(content)
    assert (call.method, call.url) == ("POST", f"https://api.twilio.com/2010-04-01/Accounts/{SID}/Messages.json")
    assert dict(parse_qsl(call.body.decode())) == {
        "To": ANN,
        "From": OURS,
        "StatusCallback": f"{URL}?key=7.0",
        **fields,
    }
    proof = base64.b64encode(f"{SID}:12345".encode()).decode()
    assert {("Authorization", f"Basic {proof}"), ("Content-Type", FORM)} <= set(call.headers)


def test_a_messaging_service_sends_instead_of_a_number_and_a_key_signs_in_instead_of_the_token() -> None:
    keys = {**CREDENTIALS, "api_key_sid": "SK1", "api_key_secret": "s"}
    call = built(Text("hi"), Account(keys, {"from": OURS, "messaging_service_sid": "MG1"}))
    fields = dict(parse_qsl(call.body.decode()))
    assert (fields["MessagingServiceSid"], fields.keys() & {"From", "StatusCallback"}) == ("MG1", set())
    assert ("Authorization", "Basic " + base64.b64encode(b"SK1:s").decode()) in call.headers
    assert f"/Accounts/{SID}/" in call.url


def test_without_a_sender_nothing_is_saved_and_nothing_sent() -> None:
    assert [(one.field, one.code) for one in check_settings("sms", {})] == [("settings.from", "required")]
    assert list(check_settings("sms", {"from": "+33612345678"})) == []
    assert list(check_settings("sms", {"messaging_service_sid": "MG" + "0a" * 16})) == []
    assert [one.code for one in check_settings("sms", {"from": "my number!"})] == ["invalid_format"]
    with pytest.raises(ChannelMisconfigured):
        built(Text("hi"), Account(CREDENTIALS, {}))


@pytest.mark.parametrize(
    ("content", "problems"),
    [
        (Text("x" * 1600), []),
        (Text("x" * 1601), ["text_too_long:1600"]),
        (Buttons("hi", (Button("Yes", payload="Y"),)), ["unsupported"]),
        (QuickReplies("hi", (QuickReply("Yes", "Y"),)), ["unsupported"]),
        (Template("order", "en"), ["unsupported"]),
    ],
)
def test_what_sms_cannot_express_is_named(content: Message, problems: list[str]) -> None:
    assert sms.problems(content) == problems


ROWS: dict[int, tuple[type[ChannelError], str]] = {
    20429: (ChannelTrouble, ""),
    14107: (ChannelTrouble, ""),
    30001: (ChannelTrouble, ""),
    21611: (ChannelTrouble, ""),
    30022: (ChannelTrouble, ""),
    63018: (ChannelTrouble, ""),
    30023: (ChannelTrouble, ""),
    20003: (ChannelMisconfigured, "credentials_refused"),
    30002: (ChannelMisconfigured, "account_restricted"),
    21408: (ChannelMisconfigured, "account_restricted"),
    21610: (ContactGone, "opted_out"),
    21211: (ContactGone, "contact_gone"),
    21614: (ContactGone, "contact_gone"),
    30005: (ContactGone, "contact_gone"),
    63024: (ContactGone, "contact_gone"),
    21612: (ContactUnreachable, ""),
    30003: (ContactUnreachable, ""),
    30006: (ContactUnreachable, ""),
    30004: (MessageRejected, ""),
    30007: (MessageRejected, ""),
    63016: (WindowClosed, ""),
    21606: (MessageRejected, ""),
    21212: (MessageRejected, ""),
    21602: (MessageRejected, ""),
    21617: (MessageRejected, ""),
    20404: (MessageRejected, ""),
    20500: (TemporaryFailure, ""),
    20503: (TemporaryFailure, ""),
    30008: (TemporaryFailure, ""),
}


def answered(status: int, body: Any, **headers: str) -> Answer:
    return Answer(status, headers, json.dumps(body).encode())


def error_of(answer: Answer) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        sms.read(answer, Outgoing(Text("hi"), key="7.0"))
    return caught.value


def test_the_table_has_every_row_of_the_backends() -> None:
    assert ROWS.keys() == MEANINGS.keys()


@pytest.mark.parametrize("code", ROWS)
@pytest.mark.parametrize("status", [200, 400])
def test_the_code_decides_in_the_old_form_and_the_new(code: int, status: int) -> None:
    for body in (
        {"code": code, "message": "错误", "more_info": "https://…", "status": status},
        {"type": "https://…", "title": "错误", "status": status, "code": code, "detail": "…"},
        {"code": str(code), "message": "错误"},
    ):
        error = error_of(answered(status, body))
        assert (type(error), getattr(error, "because", "")) == ROWS[code]
        assert str(code) in error.detail


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (answered(400, {"code": 99999, "message": "new"}), MessageRejected),
        (answered(500, {"code": 99999, "message": "new"}), TemporaryFailure),
        (answered(429, {"message": "…", "status": 429}), ChannelTrouble),
        (answered(401, {"title": "…", "detail": "…"}), ChannelMisconfigured),
        (answered(201, {"sid": "SM1", "status": "failed", "error_code": 21610}), ContactGone),
        (answered(201, {"sid": "", "status": "queued"}), OutcomeUnknown),
        (answered(200, {"novelty": 1}), OutcomeUnknown),
        (answered(400, {"novelty": 1}), ChannelTrouble),
    ],
)
def test_codes_that_nobody_described_and_answers_without(answer: Answer, expected: type[ChannelError]) -> None:
    assert type(error_of(answer)) is expected


def test_a_wait_is_twilios_own_and_a_daily_cap_is_asked_again_every_hour() -> None:
    for code, headers, wait in (
        (20429, {"retry-after": "7"}, timedelta(seconds=7)),
        (20429, {}, None),
        (30023, {}, timedelta(hours=1)),
    ):
        error = error_of(answered(429, {"code": code}, **headers))
        assert isinstance(error, ChannelTrouble)
        assert error.wait == wait


def test_a_suspended_account_is_said() -> None:
    ask = sms.me(ACCOUNT)
    assert ask is not None
    assert ask.parse(answered(200, {"sid": SID, "friendly_name": "Shop", "status": "active"})).name == "Shop"
    with pytest.raises(ChannelMisconfigured) as caught:
        ask.parse(answered(200, {"sid": SID, "friendly_name": "Shop", "status": "suspended"}))
    assert caught.value.because == "account_restricted"


# Twilio's own vector (twilio-python, tests/unit/test_request_validator.py).
VECTOR_URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
VECTOR = {
    "CallSid": "CA1234567890ABCDE",
    "Caller": "+14158675309",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
}
VECTOR_SIGNATURE = "RSOYDt4T1cUTdK1PDd93/VVr8B8="


def test_twilios_own_vector() -> None:
    assert signature("12345", VECTOR_URL, list(VECTOR.items())) == VECTOR_SIGNATURE
    assert signature("12345", VECTOR_URL, [*VECTOR.items(), ("To", "+18005551212")]) == VECTOR_SIGNATURE


def is_believed(url: str, body: bytes, signed: str, kind: str = FORM, account: Account = ACCOUNT) -> bool:
    call = Call(body, {"X-Twilio-Signature": signed, "Content-Type": kind}, url)
    try:
        webhook.verify(call, account)
    except WebhookRejected as rejected:
        return rejected.status != 403
    return True


BODY = urlencode(VECTOR).encode()


@pytest.mark.parametrize(
    ("seen", "signed_over", "expected"),
    [
        (VECTOR_URL, VECTOR_URL, True),
        (VECTOR_URL, "https://mycompany.com:443/myapp.php?foo=1&bar=2", True),
        ("https://mycompany.com:443/myapp.php?foo=1&bar=2", VECTOR_URL, True),
        ("https://mycompany.com:8443/myapp.php?foo=1&bar=2", VECTOR_URL, True),  # the proxy's own port
        ("https://[::1]:8443/x", "https://[::1]/x", True),
        (VECTOR_URL, "http://mycompany.com/myapp.php?foo=1&bar=2", False),
        (VECTOR_URL, "https://mycompany.com/myapp.php?foo=1", False),
        (VECTOR_URL, "https://another.com/myapp.php?foo=1&bar=2", False),
    ],
)
def test_the_public_address_is_signed_with_its_port_or_without(seen: str, signed_over: str, expected: bool) -> None:
    assert is_believed(seen, BODY, signature("12345", signed_over, list(VECTOR.items()))) is expected


@pytest.mark.parametrize(
    ("body", "signed", "account"),
    [
        (BODY, "", ACCOUNT),
        (BODY, "é", ACCOUNT),
        (BODY + b"&Digits=1234", VECTOR_SIGNATURE, Account({"account_sid": SID})),
        (BODY.replace(b"1234&", b"1235&"), VECTOR_SIGNATURE, ACCOUNT),
        (BODY + b"&Novelty=1", VECTOR_SIGNATURE, ACCOUNT),  # every field is signed, the unknown too
        (BODY, signature("another", VECTOR_URL, list(VECTOR.items())), ACCOUNT),
        (BODY, signature("", VECTOR_URL, list(VECTOR.items())), Account({"account_sid": SID})),
    ],
)
def test_wrong_and_missing_signatures_are_refused(body: bytes, signed: str, account: Account) -> None:
    assert not is_believed(VECTOR_URL, body, signed, account=account)


def test_empty_and_untrimmed_values_are_signed_as_they_are() -> None:
    fields = [("Body", " stop "), ("FromCity", ""), ("MediaUrl", "b"), ("MediaUrl", "a")]
    assert is_believed(URL, urlencode(fields).encode(), signature("12345", URL, fields))


def test_a_json_body_is_vouched_for_by_its_hash_in_the_address() -> None:
    body = b'{"MessageSid": "SM1"}'
    url = f"{URL}?bodySHA256={hashlib.sha256(body).hexdigest()}"
    signed = signature("12345", url, [])
    assert is_believed(url, body, signed, "application/json; charset=utf-8")
    assert not is_believed(url, body + b" ", signed, "application/json")
    assert not is_believed(URL, body, signature("12345", URL, []), "application/json")  # nothing vouches for it


def parsed(fields: dict[str, str], query: str = "?key=7.0") -> list[Event]:
    call = Call(urlencode(fields).encode(), {"Content-Type": FORM}, URL + query, NOW)
    return list(webhook.parse(call, ACCOUNT))


def reported(status: str, **more: str) -> dict[str, str]:
    return {"MessageSid": "SM1", "MessageStatus": status, "To": ANN, "From": OURS, **more}


ECHO = Echo(ANN, NOW, "SM1", "7.0")


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("queued", [ECHO]),
        ("sent", [ECHO]),
        ("delivered", [ECHO, MessageReceipt(ANN, NOW, ReceiptKind.DELIVERED, "SM1")]),
        ("read", [ECHO, MessageReceipt(ANN, NOW, ReceiptKind.READ, "SM1")]),
        ("partially_delivered", []),
        ("teleported", []),
    ],
)
def test_a_report_settles_by_our_key_and_moves_a_message_on(status: str, expected: list[Event]) -> None:
    assert parsed(reported(status, RawDlrDoneDate="2611231200", Novelty="1")) == expected


@pytest.mark.parametrize(
    ("status", "code", "expected", "because"),
    [
        ("undelivered", "30003", ContactUnreachable, ""),
        ("undelivered", "30005", ContactGone, "contact_gone"),
        ("failed", "21610", ContactGone, "opted_out"),
        ("failed", "30007", MessageRejected, ""),
        ("failed", "30002", ChannelMisconfigured, "account_restricted"),
        ("undelivered", "30008", MessageRejected, ""),  # nothing is tried again
        ("undelivered", "", MessageRejected, ""),
        ("failed", "x" * 500, MessageRejected, ""),
    ],
)
def test_what_did_not_arrive_after_all(status: str, code: str, expected: type[ChannelError], because: str) -> None:
    echo, undelivered = parsed(reported(status, ErrorCode=code))
    assert (echo, isinstance(undelivered, Undelivered)) == (ECHO, True)
    assert isinstance(undelivered, Undelivered)
    assert (type(undelivered.error), getattr(undelivered.error, "because", "")) == (expected, because)


@pytest.mark.parametrize("word", ["STOP", " stop\n", "StopAll", "UNSUBSCRIBE", "cancel", "END", "quit"])
def test_a_word_that_stops_is_a_no_and_nothing_else(word: str) -> None:
    assert parsed(spoken(ANN, word, "SM2")) == [Consent(ANN, NOW, is_given=False, key="SM2 stop")]
    advanced = parsed(spoken(ANN, "laissez-moi", "SM2", OptOutType="STOP"))
    assert advanced == [Consent(ANN, NOW, is_given=False, key="SM2 stop")]


def test_start_lets_us_in_again_and_other_words_are_words() -> None:
    said = InboundEvent(ANN, NOW, InboundKind.MESSAGE, "START", key="SM3")
    assert parsed(spoken(ANN, "START", "SM3")) == [said, Consent(ANN, NOW, is_given=True, key="SM3 start")]
    for text in ("please stop", "HELP", ""):
        assert parsed(spoken(ANN, text, "SM4")) == [InboundEvent(ANN, NOW, InboundKind.MESSAGE, text, key="SM4")]


def test_a_report_in_json_reads_alike() -> None:
    call = Call(json.dumps(reported("delivered")).encode(), {"Content-Type": "application/json"}, URL, NOW)
    assert list(webhook.parse(call, ACCOUNT)) == [MessageReceipt(ANN, NOW, ReceiptKind.DELIVERED, "SM1")]
