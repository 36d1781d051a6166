"""Viber (docs/providers/viber.md)."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from channels.errors import (
    ChannelMisconfigured,
    ChannelTrouble,
    ContactBusy,
    ContactGone,
    ContactUnreachable,
    MessageRejected,
    TemporaryFailure,
)
from channels.messages import Answer
from tests.channels.samples.shape import Samples, WebhookSamples
from tests.doubles.viber import CREDENTIALS, TOKEN, event, message, signature, subscribed


def status(number: int, http: int = 200) -> Answer:
    return Answer(http, body=json.dumps({"status": number, "status_message": "错误"}).encode())


def signed(body: bytes, secret: str | None = None) -> dict[str, str]:
    return {"X-Viber-Content-Signature": signature(body, TOKEN if secret is None else secret)}


def post_of(told: dict[str, Any]) -> bytes:
    return json.dumps(told).encode()


def came(kind: str, address: str, at: datetime, token: str, **more: str) -> bytes:
    return post_of(event(kind, at, int(token) if token.isdigit() else token, user_id=address, **more))


SAMPLES = Samples(
    address="01234567890A=",
    credentials=CREDENTIALS,
    settings={"sender_name": "The Shop"},
    taken=Answer(200, body=b'{"status": 0, "status_message": "ok", "message_token": 4987381194038857789}'),
    taken_id="4987381194038857789",
    refusals=(
        (status(0, 429), ChannelTrouble),
        (status(2), ChannelMisconfigured),
        (status(2, 401), ChannelMisconfigured),
        (Answer(401, body=b'{"message": "who?"}'), ChannelMisconfigured),
        (status(7), ChannelMisconfigured),
        (status(99), TemporaryFailure),
        (status(3), MessageRejected),
        (status(12), ContactBusy),
        (status(11), ContactUnreachable),
        (status(5), ContactGone),
        (status(6), ContactGone),
    ),
    webhook=WebhookSamples(
        signed=signed,
        forged=lambda body: {
            "not ascii": {"X-Viber-Content-Signature": "é"},
            "too short": {"X-Viber-Content-Signature": signature(body)[:-1]},
        },
        said=lambda address, at, name: post_of(message(address, at, token=name)),
        delivered=lambda address, at, token: came("delivered", address, at, token),
        read=lambda address, at, token: came("seen", address, at, token),
        failed=lambda address, at, token: came("failed", address, at, token, desc="…"),
        started=lambda address, at, name: post_of(subscribed(address, at, name)),
        blocked=lambda address, at, name: post_of(event("unsubscribed", at, name, user_id=address)),
        strange=(
            b'{"event": "webhook", "timestamp": 1457764197627, "message_token": 241256543215}',
            b'{"event": "novelty", "timestamp": 1457764197627}',
            b'{"event": "message"}',
            b'{"event": "conversation_started", "timestamp": 1457764197627, "user": {"id": "x", "name": "Ann"}}',
        ),
        unreadable=(b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b"<xml/>"),
    ),
)
