"""LINE's calls for an account (docs/providers/line.md)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence

from channels.backends.line_inbound import parse
from channels.errors import WebhookRejected
from channels.events import Event
from channels.messages import Account
from channels.webhooks.base import Call, Webhook, same


class LineWebhook(Webhook):
    """Signed with the channel secret over the raw bytes."""

    def verify(self, call: Call, account: Account) -> None:
        secret = account.credentials.get("channel_secret", "")
        expected = base64.b64encode(hmac.new(secret.encode(), call.body, hashlib.sha256).digest()).decode()
        if not secret or not same(call.headers.get("X-Line-Signature", ""), expected):
            raise WebhookRejected("the signature is missing or wrong", status=403)

    def parse(self, call: Call, account: Account) -> Sequence[Event]:
        return parse(call.body)
