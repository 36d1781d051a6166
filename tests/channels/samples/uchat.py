"""UChat (docs/providers/uchat.md)."""

from __future__ import annotations

import json

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
from tests.doubles.uchat import ANN, CREDENTIALS


def refused(status: int, words: str, **more: object) -> Answer:
    return Answer(status, body=json.dumps({"status": "error", "message": words, **more}).encode())


SAMPLES = Samples(
    address=ANN,
    credentials=CREDENTIALS,
    taken=Answer(200, body=b'{"status": "ok"}'),
    refusals=(
        (Answer(401, body=b'{"message": "Unauthenticated."}'), ChannelMisconfigured),
        (refused(403, "This token does not have the scope Manage Flow"), ChannelMisconfigured),
        (Answer(429, body=b'{"message": "Too Many Attempts."}'), ChannelTrouble),
        (Answer(500, body=b'{"message": "Server Error"}'), TemporaryFailure),
        (refused(404, "Sub flow not found"), MessageRejected),
        (refused(404, "Subscriber not found"), ContactGone),
        (refused(200, "Sub flow not found"), MessageRejected),
        (refused(400, "The message is outside the 24 hours window"), WindowClosed),
    ),
    carries_key=False,
)
