"""LINE (docs/providers/line.md)."""

from __future__ import annotations

import json

from channels.errors import ChannelMisconfigured, ChannelTrouble, ContactGone, MessageRejected, TemporaryFailure
from channels.messages import Answer
from tests.channels.samples.shape import Samples, WebhookSamples
from tests.doubles.line import CREDENTIALS, SECRET, event, message, post_of, signature


def refused(status: int, words: str, **more: object) -> Answer:
    return Answer(status, body=json.dumps({"message": words, **more}).encode())


def signed(body: bytes, secret: str | None = None) -> dict[str, str]:
    return {"X-Line-Signature": signature(body, SECRET if secret is None else secret)}


SAMPLES = Samples(
    address="U206d25c2ea6bd87c17655609a1c37cb8",
    credentials=CREDENTIALS,
    taken=Answer(200, body=b'{"sentMessages": [{"id": "461230966842064897", "quoteToken": "q"}]}'),
    taken_id="461230966842064897",
    refusals=(
        (refused(429, "You have reached your monthly limit."), ChannelTrouble),
        (refused(429, "The API rate limit has been exceeded. Try again later."), ChannelTrouble),
        (refused(401, "Authentication failed"), ChannelMisconfigured),
        (refused(403, "Access to this API is not available for your account"), ChannelMisconfigured),
        (refused(500, "Internal server error"), TemporaryFailure),
        (refused(400, "リクエスト"), MessageRejected),
        (refused(400, "Failed to send messages"), ContactGone),
    ),
    webhook=WebhookSamples(
        signed=signed,
        forged=lambda body: {
            "not base64": {"X-Line-Signature": "é"},
            "too short": {"X-Line-Signature": signature(body)[:-1]},
        },
        said=lambda address, at, name: post_of(message(address, at, name=name)),
        started=lambda address, at, name: post_of(event("follow", address, at, name, follow={"isUnblocked": True})),
        blocked=lambda address, at, name: post_of(event("unfollow", address, at, name)),
        strange=(
            b'{"destination": "U0", "events": []}',
            b'{"events": [{"type": "novelty", "timestamp": 1, "source": {"type": "user", "userId": "U1"}}, 3, null]}',
            b'{"events": "x", "novelty": 1}',
            b'{"events": [{"type": "message", "timestamp": 1795000000000, "source": {"type": "star", "starId": "S"}}]}',
        ),
        unreadable=(b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b"<xml/>"),
    ),
    carries_key=False,  # a UUID made of it does
)
