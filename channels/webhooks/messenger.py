"""Meta's calls for a Page (docs/providers/messenger.md)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence

from channels.backends.messenger_inbound import parse
from channels.errors import WebhookRejected
from channels.events import Event
from channels.messages import Account
from channels.webhooks.base import Webhook

LONGEST_CHALLENGE = 1000


class MessengerWebhook(Webhook):
    """Signed with the app's secret over the raw bytes; the older SHA-1 header counts for nothing."""

    def handshake(self, query: Mapping[str, str], account: Account) -> str | None:
        token, challenge = account.credentials.get("verify_token", ""), query.get("hub.challenge", "")
        is_ours = bool(token) and _same(query.get("hub.verify_token", ""), token)
        if query.get("hub.mode") != "subscribe" or not is_ours or not 0 < len(challenge) <= LONGEST_CHALLENGE:
            return None
        return challenge

    def verify(self, headers: Mapping[str, str], body: bytes, account: Account) -> None:
        secret = account.credentials.get("app_secret", "")
        expected = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        if not secret or not _same(headers.get("X-Hub-Signature-256", ""), expected):
            raise WebhookRejected("the signature is missing or wrong", status=403)

    def parse(self, body: bytes, account: Account) -> Sequence[Event]:
        return parse(body, account.credentials.get("page_id", ""))


def _same(given: str, expected: str) -> bool:
    """Whether both are the same, in a time that does not tell where they differ."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode("utf-8", "surrogatepass"))
