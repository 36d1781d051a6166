"""Messenger (docs/providers/messenger.md)."""

from __future__ import annotations

import json

from channels.errors import (
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
from channels.messages import Answer
from tests.channels.samples.meta import forged, refused, signed
from tests.channels.samples.shape import Samples, WebhookSamples
from tests.doubles.graph_events import CREDENTIALS, delivery, message, optin, post_of, read

SAMPLES = Samples(
    credentials=CREDENTIALS,
    taken=Answer(200, body=b'{"recipient_id": "ann", "message_id": "m_1"}'),
    taken_id="m_1",
    refusals=(
        (refused(4), ChannelTrouble),
        (refused(613), ChannelTrouble),
        (refused(190, 463, status=401), ChannelMisconfigured),
        (refused(10, 1893063), ChannelMisconfigured),
        (refused(1, 1357046), OutcomeUnknown),
        (refused(2, status=500), TemporaryFailure),
        (refused(100), MessageRejected),
        (refused(10, 2018278), WindowClosed),
        (refused(613, 2018338), ContactBusy),
        (refused(551, 1545041), ContactUnreachable),
        (refused(10, 2018108), ContactGone),
        (refused(10, 1893015, status=200), ContactGone),
    ),
    webhook=WebhookSamples(
        signed=signed,
        forged=forged,
        said=lambda address, at, name: post_of(message(address, at, mid=name)),
        delivered=lambda address, at, mid: post_of(delivery(address, at, mid)),
        read=lambda address, at, mid: post_of(read(address, at)),
        stopped=lambda address, at, name: post_of(optin(address, at, "STOP_NOTIFICATIONS")),
        started=lambda address, at, name: post_of(optin(address, at, "RESUME_NOTIFICATIONS")),
        strange=(
            b'{"object": "novelty", "entry": []}',
            b'{"object": "page", "entry": [{"id": "100", "messaging": [{"timestamp": 1, "novelty": {"a": 1}}]}]}',
            b'{"object": "page", "entry": "x"}',
            json.dumps(
                {"object": "page", "novelty": [], "entry": [{"id": "100", "changes": [{"field": "x"}]}]}
            ).encode(),
        ),
        unreadable=(b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b"<xml/>"),
    ),
)
