"""E-mail, by way of a service (docs/providers/email.md): what a mail server says stands beside it."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Any

from channels.errors import (
    ChannelMisconfigured,
    ChannelTrouble,
    ContactGone,
    ContactUnreachable,
    MessageRejected,
    TemporaryFailure,
)
from channels.mail import MailReply, MailStage
from channels.messages import Answer
from tests.channels.samples.shape import Samples, WebhookSamples

SECRET = "postmark:a long word"
CREDENTIALS = {"api_key": "server-token-1", "webhook_secret": SECRET}
SETTINGS = {"service": "postmark", "sender": "news@shop.example", "sender_name": "The Shop"}


def basic(body: bytes, secret: str | None = None) -> dict[str, str]:
    given = SECRET if secret is None else secret
    return {"Authorization": f"Basic {base64.b64encode(given.encode()).decode()}"}


def told(record: str, address: str, number: str, **more: Any) -> bytes:
    where = {"Email": address} if record in ("Bounce", "SpamComplaint") else {"Recipient": address}
    return json.dumps({"RecordType": record, "MessageID": number, **where, **more}).encode()


def said(address: str, at: datetime, name: str) -> bytes:
    """Following a link is all that a service hears of a person."""
    return told("Click", address, name, ReceivedAt=at.isoformat(), OriginalLink="https://shop.example/")


def bounced(address: str, number: str, kind: str = "HardBounce", **more: Any) -> bytes:
    return told("Bounce", address, number, ID=42, Type=kind, **more)


def problem(status: int) -> Answer:
    return Answer(status, body=b'{"ErrorCode": 10, "Message": "\xe9\x94\x99\xe8\xaf\xaf"}')


SAMPLES = Samples(
    address="ann@example.com",
    credentials=CREDENTIALS,
    settings=SETTINGS,
    taken=MailReply(MailStage.TAKEN, message_id="b7bc2f4a-e38e-4336-af7d-e6c392c2f817"),
    taken_id="b7bc2f4a-e38e-4336-af7d-e6c392c2f817",
    refusals=(
        (problem(401), ChannelMisconfigured),
        (Answer(401, body=b"Forbidden"), ChannelMisconfigured),
        (problem(403), ChannelMisconfigured),
        (problem(429), ChannelTrouble),
        (problem(500), TemporaryFailure),
        (problem(422), MessageRejected),
        (MailReply(MailStage.RECIPIENT, 0, word="invalid"), ContactGone),
        (MailReply(MailStage.RECIPIENT, 0, word="rejected"), ContactUnreachable),
        (MailReply(MailStage.CONTENT, 0, word="failed"), MessageRejected),
        (MailReply(MailStage.GREETING, 554), ChannelTrouble),
        (MailReply(MailStage.LOGIN, 535, "5.7.8"), ChannelMisconfigured),
        (MailReply(MailStage.LOGIN, 454), ChannelTrouble),
        (MailReply(MailStage.SENDER, 553), ChannelMisconfigured),
        (MailReply(MailStage.SENDER, 451), ChannelTrouble),
        (MailReply(MailStage.RECIPIENT, 530, "5.7.0"), ChannelMisconfigured),
        (MailReply(MailStage.RECIPIENT, 550), ContactGone),
        (MailReply(MailStage.RECIPIENT, 550, "5.1.1"), ContactGone),
        (MailReply(MailStage.RECIPIENT, 552, "5.2.2"), ContactUnreachable),
        (MailReply(MailStage.RECIPIENT, 550, "5.7.1"), MessageRejected),
        (MailReply(MailStage.RECIPIENT, 451, "4.7.1"), TemporaryFailure),
        (MailReply(MailStage.RECIPIENT, 421), ChannelTrouble),
        (MailReply(MailStage.CONTENT, 554, "5.6.0"), MessageRejected),
        (MailReply(MailStage.CONTENT, 452), TemporaryFailure),
    ),
    webhook=WebhookSamples(
        signed=basic,
        said=said,
        delivered=lambda address, at, number: told("Delivery", address, number, DeliveredAt=at.isoformat()),
        read=said,
        failed=lambda address, at, number: bounced(address, number, BouncedAt=at.isoformat()),
        stopped=lambda address, at, name: told(
            "SpamComplaint", address, name, Type="SpamComplaint", BouncedAt=at.isoformat()
        ),
        strange=(
            b"{}",
            told("Novelty", "ann@example.com", "id-1"),
            told("Open", "ann@example.com", "id-1"),
            told("Delivery", "nobody", "id-1"),
            bounced("ann@example.com", "id-1", "Transient"),
        ),
        unreadable=(b"", b"[]", b"nonsense", b'{"RecordType": "Inbound"}'),
        signs_body=False,
    ),
)
