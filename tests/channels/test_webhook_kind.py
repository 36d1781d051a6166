"""What a receiver of Standard Webhooks is sent, and what each of its answers means (docs/providers/webhook.md)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from standardwebhooks import Webhook

from channels.actions.former_secret import with_former
from channels.backends import backend_for
from channels.content import Button, Buttons, Image, Message, QuickReplies, QuickReply, Text
from channels.errors import (
    ChannelError,
    ChannelMisconfigured,
    ChannelTrouble,
    ContactGone,
    ContactUnreachable,
    MessageRejected,
    TemporaryFailure,
    UnsupportedMessage,
)
from channels.messages import Account, Answer, HttpCall, NotificationType, Outgoing, Receipt, Recipient
from channels.standard_webhooks import new_secret
from channels.transports import HttpDoor
from tests.channels.samples.webhook import says
from tests.channels.through_the_door import OPEN, ask
from tests.doubles.receiver import SECRET

webhook = backend_for("webhook")
URL = "https://shop.example/hook?from=sequencer"
ACCOUNT = Account({"signing_secret": SECRET}, {"url": URL}, channel_id=3)
AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
ANN = Recipient("ann@crm", 5, {"first_name": "Ann", "fields": {"size": "M"}})
PAGE = Path(__file__).resolve().parents[2] / "docs" / "providers" / "webhook.md"


def built(content: Message, key: str = "7.0", to: Recipient = ANN, account: Account = ACCOUNT, **how: Any) -> HttpCall:
    call = webhook.build(Outgoing(content, key, **{"leaves_at": AT, **how}), to, account)
    assert isinstance(call, HttpCall)
    return call


@pytest.mark.parametrize(
    ("content", "block"),
    [
        (Text("Bonjour"), {"type": "text", "text": "Bonjour"}),
        (Image("https://e.com/a.png"), {"type": "image", "url": "https://e.com/a.png"}),
        (
            Buttons("Shop?", (Button("Open", url="https://e.com/"), Button("No", payload="NO"))),
            {
                "type": "buttons",
                "text": "Shop?",
                "buttons": [{"label": "Open", "url": "https://e.com/"}, {"label": "No", "payload": "NO"}],
            },
        ),
        (
            QuickReplies("Size?", (QuickReply("M", "M"),)),
            {"type": "quick_replies", "text": "Size?", "replies": [{"label": "M", "payload": "M"}]},
        ),
    ],
)
def test_the_body_says_who_what_and_how(content: Message, block: dict[str, Any]) -> None:
    call = built(content, notification_type=NotificationType.NO_PUSH)
    assert (call.method, call.url) == ("POST", URL)
    assert json.loads(call.body) == {
        "type": "sequence.message.due",
        "timestamp": AT.isoformat(),
        "data": {
            "contact": {"address": "ann@crm", "first_name": "Ann", "fields": {"size": "M"}},
            "message": block,
            "content_type": "default",
            "notification_type": "no_push",
        },
    }


def test_an_id_belongs_to_one_part_for_one_person_and_a_timestamp_to_one_try() -> None:
    first, later = dict(built(Text("hi")).headers), dict(built(Text("hi"), leaves_at=AT + timedelta(hours=1)).headers)
    assert first["webhook-id"] == later["webhook-id"]
    assert "." not in first["webhook-id"]
    assert int(later["webhook-timestamp"]) - int(first["webhook-timestamp"]) == 3600
    assert first["webhook-signature"] != later["webhook-signature"]
    others = [
        built(Text("hi"), key="7.1"),
        built(Text("hi"), to=Recipient("bob@crm")),
        built(Text("hi"), account=replace(ACCOUNT, channel_id=4)),
    ]
    assert first["webhook-id"] not in {dict(call.headers)["webhook-id"] for call in others}


def test_a_body_over_20_kb_never_leaves() -> None:
    assert len(built(Text("é" * 4000)).body) < 20_000
    with pytest.raises(UnsupportedMessage, match="text_too_long:8000"):
        built(Text("é" * 4001))
    with pytest.raises(UnsupportedMessage, match="20000 bytes"):
        built(Text("hi"), to=Recipient("ann", known={"fields": {"note": "x" * 20_000}}))


def test_without_a_secret_nothing_leaves_unsigned() -> None:
    with pytest.raises(ChannelMisconfigured):
        built(Text("hi"), account=Account({}, {"url": URL}))


MEANINGS: list[tuple[Answer, type[ChannelError], dict[str, Any]]] = [
    (Answer(410), ChannelMisconfigured, {"because": "account_restricted"}),
    (Answer(401), ChannelMisconfigured, {"because": "credentials_refused", "lacks": "token"}),
    (Answer(429, {"retry-after": "90"}), ChannelTrouble, {"wait": timedelta(seconds=90), "may_have_arrived": False}),
    (Answer(503), ChannelTrouble, {"wait": None, "may_have_arrived": False}),
    (Answer(502), ChannelTrouble, {"may_have_arrived": True}),
    (Answer(504, {"retry-after": "7"}), ChannelTrouble, {"wait": timedelta(seconds=7), "may_have_arrived": True}),
    (Answer(308, {"location": "https://e.com/"}), ChannelTrouble, {}),
    (says(404, error="contact_gone"), ContactGone, {"because": "contact_gone"}),
    (says(403, error="blocked"), ContactGone, {"because": "blocked"}),
    (says(400, error="opted_out"), ContactGone, {"because": "opted_out"}),
    (says(400, error="contact_unreachable"), ContactUnreachable, {}),
    (says(409, error="message_rejected"), MessageRejected, {}),
    (says(413), MessageRejected, {}),
    (says(400, error=["contact_gone"]), MessageRejected, {}),  # no word
    (says(403, error="novelty"), ChannelTrouble, {}),
    (says(500, error="contact_gone"), TemporaryFailure, {}),  # whoever fails knows nothing of people
]


@pytest.mark.parametrize(("answer", "expected", "details"), MEANINGS)
def test_each_answer_has_its_meaning(answer: Answer, expected: type[ChannelError], details: dict[str, Any]) -> None:
    with pytest.raises(ChannelError) as caught:
        webhook.read(answer, Outgoing(Text("hi"), "7.0"))
    assert type(caught.value) is expected
    assert {name: getattr(caught.value, name) for name in details} == details


@pytest.mark.parametrize("answer", [Answer(200, body=b"ok"), Answer(204), Answer(202, body=b"\xff")])
def test_every_2xx_says_taken(answer: Answer) -> None:
    assert webhook.read(answer, Outgoing(Text("hi"), "7.0")) == Receipt()


# Setting, hours since the change -> does the former secret still sign?
OVERLAPS = [({}, 0, True), ({}, 23.9, True), ({}, 24, False), ({"former_secret": "week"}, 167, True)]
OVERLAPS += [({"former_secret": "week"}, 168, False), ({"former_secret": "none"}, 0, False)]


@pytest.mark.parametrize(("settings", "hours", "signs"), OVERLAPS)
def test_a_former_secret_signs_until_its_time(settings: dict[str, str], hours: float, signs: bool) -> None:
    credentials = with_former({"signing_secret": SECRET}, {"signing_secret": new_secret()}, settings, now=AT)
    call = built(Text("hi"), account=Account(credentials, {"url": URL}), leaves_at=AT + timedelta(hours=hours))
    headers = dict(call.headers)
    assert len(headers["webhook-signature"].split()) == (2 if signs else 1)
    moment = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    mine = Webhook(SECRET).sign(headers["webhook-id"], moment, call.body.decode())
    assert (mine in headers["webhook-signature"]) == signs


def test_saving_the_same_secret_again_shortens_no_overlap() -> None:
    fresh = {"signing_secret": new_secret()}
    changed = with_former({"signing_secret": SECRET}, fresh, {}, now=AT)
    assert with_former(changed, fresh, {}, now=AT + timedelta(hours=1)) == changed


@pytest.mark.parametrize("text", ["secret", "whsec_", SECRET.removeprefix("whsec_"), "whsec_" + "A" * 400, "whsec_é"])
def test_what_is_no_secret_cannot_be_saved(text: str) -> None:
    assert webhook.is_credential("signing_secret", SECRET)
    assert not webhook.is_credential("signing_secret", text)


def test_the_receiver_of_the_docs_takes_what_we_send_once_and_nobody_elses() -> None:
    code = PAGE.read_text().partition("```python\n")[2].partition("```")[0]
    assert sum(bool(line.strip()) for line in code.splitlines()) == 15
    names: dict[str, Any] = {"__name__": "example"}
    exec(code, names)  # noqa: S102  # our own page
    names["Receiver"].log_message = lambda *words: None
    server = HTTPServer(("127.0.0.1", 0), names["Receiver"])
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    door, now = HttpDoor(allow=OPEN), datetime.now(UTC)
    here = {"url": f"http://127.0.0.1:{server.server_port}/hook"}
    mine, forged = (Account({"signing_secret": secret}, here) for secret in (names["SECRET"], new_secret()))
    try:
        statuses = [ask(door, built(Text("hi"), account=one, leaves_at=now)).status for one in (mine, mine, forged)]  # type: ignore[union-attr]
    finally:
        door.close()
        server.shutdown()
        server.server_close()
    assert statuses == [204, 204, 401]
    assert [event["data"]["message"]["text"] for event in names["SEEN"].values()] == ["hi"]
