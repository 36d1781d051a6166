"""Instagram (docs/providers/instagram.md)."""

from __future__ import annotations

from datetime import UTC, datetime

from channels.errors import (
    ChannelMisconfigured,
    ChannelTrouble,
    ContactGone,
    ContactUnreachable,
    MessageRejected,
    OutcomeUnknown,
    TemporaryFailure,
    WindowClosed,
)
from channels.messages import Answer
from tests.channels.samples.meta import forged, refused, signed
from tests.channels.samples.shape import Samples, WebhookSamples
from tests.doubles.graph_events import event, message
from tests.doubles.instagram_events import CREDENTIALS, post_of, read, unsent

THEN = datetime(2026, 1, 1, tzinfo=UTC)

SAMPLES = Samples(
    credentials=CREDENTIALS,
    settings={"login": "instagram"},
    taken=Answer(200, body=b'{"recipient_id": "ann", "message_id": "aWdfZAG1faXRlbToxOklHTWVzc2FnZAUlE"}'),
    taken_id="aWdfZAG1faXRlbToxOklHTWVzc2FnZAUlE",
    refusals=(
        (refused(613, 2534040), ChannelTrouble),
        (refused(190, status=401), ChannelMisconfigured),
        (refused(200, 2534041, status=403), ChannelMisconfigured),
        (refused(100, 2534029), ChannelMisconfigured),
        (refused(1, 1357046), OutcomeUnknown),
        (refused(100, 2534037), TemporaryFailure),
        (refused(100, 2534015), MessageRejected),
        (refused(10, 2534022), WindowClosed),
        (refused(100, 2534001), ContactUnreachable),
        (refused(100, 2534014, status=200), ContactGone),
        (refused(10, 2018108), ContactGone),
    ),
    carries_key=False,
    webhook=WebhookSamples(
        signed=signed,
        forged=forged,
        said=lambda address, at, name: post_of(message(address, at, mid=name)),
        read=lambda address, at, mid: post_of(read(address, at, mid)),
        strange=(
            b'{"object": "page", "entry": []}',
            b'{"object": "instagram", "entry": "x", "novelty": []}',
            post_of(event("ann", THEN, novelty={"a": 1})),
            post_of(event("ann", THEN, read={"watermark": 1})),
            post_of(event("ann", THEN, delivery={"watermark": 1})),
            post_of(unsent("ann", THEN, "m_1")),
            post_of(message("ann", THEN), account_id="999"),
        ),
        unreadable=(b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b"<xml/>"),
    ),
)
