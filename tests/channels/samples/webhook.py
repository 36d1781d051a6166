"""A receiver of Standard Webhooks (docs/providers/webhook.md): it is told of us, and tells nothing of itself."""

from __future__ import annotations

import json

from channels.errors import (
    ChannelMisconfigured,
    ChannelTrouble,
    ContactGone,
    ContactUnreachable,
    MessageRejected,
    TemporaryFailure,
)
from channels.messages import Answer
from tests.channels.samples.shape import Samples

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def says(status: int, **words: object) -> Answer:
    return Answer(status, body=json.dumps(words).encode())


SAMPLES = Samples(
    address="ann@crm",
    credentials={"signing_secret": SECRET},
    settings={"url": "https://shop.example/hook?from=sequencer"},
    taken=Answer(204),
    refusals=(
        (Answer(410), ChannelMisconfigured),
        (Answer(401), ChannelMisconfigured),
        (Answer(429), ChannelTrouble),
        (Answer(502, body=b"<html>"), ChannelTrouble),
        (Answer(504), ChannelTrouble),
        (Answer(301, {"location": "https://elsewhere.example/"}), ChannelTrouble),
        (says(404), ChannelTrouble),
        (says(422, error="no such template"), MessageRejected),
        (says(400, error="message_rejected"), MessageRejected),
        (says(404, error="contact_gone"), ContactGone),
        (says(403, error="opted_out"), ContactGone),
        (says(409, error="contact_unreachable"), ContactUnreachable),
        (says(500), TemporaryFailure),
    ),
    carries_key=False,  # a UUID made of it does
    says_it_by_status=True,
)
