"""A program that takes Standard Webhooks, by their own library: what it cannot verify it refuses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from tests.doubles.http_server import Reply, Request
from tests.doubles.provider import ProviderDouble, said

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class ReceiverDouble(ProviderDouble):
    """`seen` are the events by their webhook-id, each once; `refused` counts what it could not verify.

    Signatures are checked by `secret` and must be no older than five minutes of `clock`.
    """

    def __init__(self, clock: Callable[[], datetime], monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self.secret, self.refused = SECRET, 0
        self.seen: dict[str, dict[str, Any]] = {}

        class Now(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
                return clock()

        monkeypatch.setattr("standardwebhooks.webhooks.datetime", Now)

    def answer(self, request: Request) -> Reply:
        try:
            event = Webhook(self.secret).verify(request.body, request.headers)
        except WebhookVerificationError:
            self.refused += 1
            return said({}, 401)
        self.accepted.append(event)
        self.seen.setdefault(request.headers["webhook-id"], event)
        return Reply(204)
