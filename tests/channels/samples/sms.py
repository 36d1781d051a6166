"""SMS by Twilio (docs/providers/sms.md)."""

from __future__ import annotations

import json
from datetime import datetime
from urllib.parse import parse_qsl, urlencode

from channels.errors import (
    ChannelMisconfigured,
    ChannelTrouble,
    ContactGone,
    ContactUnreachable,
    MessageRejected,
    TemporaryFailure,
    WindowClosed,
)
from channels.messages import Answer
from tests.channels.samples.shape import WEBHOOK_URL, Samples, WebhookSamples
from tests.doubles.twilio import CREDENTIALS, OURS, TOKEN, signature, spoken

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def refused(code: int, status: int = 400) -> Answer:
    return Answer(status, body=json.dumps({"code": code, "message": "错误", "status": status}).encode())


def problem(code: int, status: int = 400) -> Answer:
    told = {"type": "about:blank", "title": "错误", "status": status, "code": code, "detail": "…"}
    return Answer(status, {"content-type": "application/problem+json"}, json.dumps(told).encode())


def signed(body: bytes, secret: str | None = None, url: str = WEBHOOK_URL) -> dict[str, str]:
    fields = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    return {**FORM, "X-Twilio-Signature": signature(url, fields, TOKEN if secret is None else secret)}


def said(address: str, at: datetime, name: str, text: str = "Hello") -> bytes:
    return urlencode(spoken(address, text, name)).encode()


def reported(address: str, sid: str, status: str, **more: str) -> bytes:
    return urlencode({"MessageSid": sid, "MessageStatus": status, "To": address, "From": OURS, **more}).encode()


SAMPLES = Samples(
    address="+33612345678",
    credentials=CREDENTIALS,
    settings={"from": OURS},
    taken=Answer(201, body=b'{"sid": "SM1", "status": "queued", "error_code": null}'),
    taken_id="SM1",
    refusals=(
        (refused(20429, 429), ChannelTrouble),
        (refused(30023), ChannelTrouble),
        (refused(20003, 401), ChannelMisconfigured),
        (problem(21408, 403), ChannelMisconfigured),
        (refused(20500, 500), TemporaryFailure),
        (refused(21617), MessageRejected),
        (refused(21610), ContactGone),
        (refused(21610, 200), ContactGone),
        (problem(21211), ContactGone),
        (refused(30003), ContactUnreachable),
        (refused(63016), WindowClosed),
    ),
    webhook=WebhookSamples(
        signed=signed,
        said=said,
        delivered=lambda address, at, sid: reported(address, sid, "delivered"),
        read=lambda address, at, sid: reported(address, sid, "read"),
        failed=lambda address, at, sid: reported(address, sid, "undelivered", ErrorCode="30003"),
        stopped=lambda address, at, name: said(address, at, name, " stop "),
        started=lambda address, at, name: said(address, at, name, "START"),
        signed_at=lambda url, body: signed(body, url=url),
        tells_moments=False,
        strange=(b"", b"Novelty=1", b"MessageSid=SM1&MessageStatus=teleported&To=%2B331", b"\xff\xfe", b"[]"),
    ),
)
