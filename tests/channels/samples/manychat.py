"""ManyChat (docs/providers/manychat.md)."""

from __future__ import annotations

from channels.errors import (
    ChannelMisconfigured,
    ChannelTrouble,
    ContactGone,
    MessageRejected,
    TemporaryFailure,
    WindowClosed,
)
from channels.messages import Answer
from tests.channels.samples.shape import Samples
from tests.channels.samples.uchat import refused
from tests.doubles.manychat import ANN, CLOSED, CREDENTIALS

SAMPLES = Samples(
    address=ANN,
    credentials=CREDENTIALS,
    taken=Answer(200, body=b'{"status": "success"}'),
    refusals=(
        (refused(401, "Unauthorized"), ChannelMisconfigured),
        (refused(403, "This feature needs a Pro plan"), ChannelMisconfigured),
        (refused(429, "Rate limit exceeded"), ChannelTrouble),
        (refused(500, "Internal error"), TemporaryFailure),
        (refused(400, CLOSED, code=3011), WindowClosed),
        (refused(200, CLOSED, code=3011), WindowClosed),
        (refused(400, "Message tags are no longer supported for Facebook Messenger"), MessageRejected),
        (refused(400, "Subscriber has blocked the page"), ContactGone),
        (
            refused(400, "Validation error", details={"messages": [{"message": "Subscriber does not exist"}]}),
            ContactGone,
        ),
        (refused(404, "Flow not found"), MessageRejected),
    ),
    carries_key=False,
)
