"""Viber's calls for a bot (docs/providers/viber.md)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

from channels.backends.viber_inbound import parse
from channels.errors import WebhookRejected
from channels.events import Event
from channels.messages import Account
from channels.webhooks.base import Call, Webhook, same


class ViberWebhook(Webhook):
    """Signed with the bot's token over the raw bytes."""

    def verify(self, call: Call, account: Account) -> None:
        token = account.credentials.get("auth_token", "")
        expected = hmac.new(token.encode(), call.body, hashlib.sha256).hexdigest()
        if not token or not same(call.headers.get("X-Viber-Content-Signature", ""), expected):
            raise WebhookRejected("the signature is missing or wrong", status=403)

    def parse(self, call: Call, account: Account) -> Sequence[Event]:
        return parse(call.body)
