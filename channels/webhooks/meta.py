"""How Meta calls: what its kinds of channels have in common (docs/providers/messenger.md)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from channels.errors import WebhookRejected
from channels.messages import Account
from channels.webhooks.base import Call, Webhook, same

LONGEST_CHALLENGE = 1000


class MetaWebhook(Webhook):
    """Signed with the app's secret over the raw bytes; the older SHA-1 header counts for nothing."""

    def handshake(self, query: Mapping[str, str], account: Account) -> str | None:
        token, challenge = account.credentials.get("verify_token", ""), query.get("hub.challenge", "")
        is_ours = bool(token) and same(query.get("hub.verify_token", ""), token)
        if query.get("hub.mode") != "subscribe" or not is_ours or not 0 < len(challenge) <= LONGEST_CHALLENGE:
            return None
        return challenge

    def verify(self, call: Call, account: Account) -> None:
        secret = account.credentials.get("app_secret", "")
        expected = "sha256=" + hmac.new(secret.encode(), call.body, hashlib.sha256).hexdigest()
        if not secret or not same(call.headers.get("X-Hub-Signature-256", ""), expected):
            raise WebhookRejected("the signature is missing or wrong", status=403)
