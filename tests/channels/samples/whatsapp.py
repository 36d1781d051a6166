"""WhatsApp (docs/providers/whatsapp.md)."""

from __future__ import annotations

from datetime import UTC, datetime

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
from tests.doubles.whatsapp_events import CREDENTIALS, message, post_of, preference, status

ANN, THEN = "33612345678", datetime(2026, 1, 1, tzinfo=UTC)

SAMPLES = Samples(
    address=ANN,
    credentials=CREDENTIALS,
    taken=Answer(
        200,
        body=b'{"messaging_product": "whatsapp", "contacts": [{"input": "+33612345678", "wa_id": "33612345678"}],'
        b' "messages": [{"id": "wamid.1", "message_status": "accepted"}]}',
    ),
    taken_id="wamid.1",
    refusals=(
        (refused(130429), ChannelTrouble),
        (refused(80007), ChannelTrouble),
        (refused(0, status=401), ChannelMisconfigured),
        (refused(131031, status=403), ChannelMisconfigured),
        (refused(1, 1357046), OutcomeUnknown),
        (refused(131016, status=503), TemporaryFailure),
        (refused(132001, status=404), MessageRejected),
        (refused(131047), WindowClosed),
        (refused(131056), ContactBusy),
        (refused(131026), ContactUnreachable),
        (refused(131050, status=200), ContactGone),
        (refused(131030), ContactGone),
    ),
    webhook=WebhookSamples(
        signed=signed,
        forged=forged,
        said=lambda address, at, name: post_of(message(address, at, id=name)),
        delivered=lambda address, at, wamid: post_of(status(address, at, wamid, "delivered")),
        read=lambda address, at, wamid: post_of(status(address, at, wamid, "read")),
        failed=lambda address, at, wamid: post_of(status(address, at, wamid, "failed", error=131026)),
        stopped=lambda address, at, name: post_of(preference(address, at, "stop")),
        started=lambda address, at, name: post_of(message(address, at, " Start.", id=name)),
        strange=(
            b'{"object": "novelty", "entry": []}',
            b'{"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [{"field": "x", "value": 3}]}]}',
            b'{"object": "whatsapp_business_account", "entry": "x", "novelty": {}}',
            post_of({"messages": [{"id": "wamid.x", "timestamp": "1697043223", "type": "novelty"}]}),
            post_of({"statuses": [{"id": "wamid.x", "timestamp": "soon", "status": "sent", "recipient_id": ANN}]}),
            post_of(status(ANN, THEN, "wamid.x", "novelty")),
            post_of(message(ANN, THEN), number_id="999"),
        ),
        unreadable=(b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b"<xml/>"),
    ),
)
