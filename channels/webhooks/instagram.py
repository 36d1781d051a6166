"""Meta's calls for an Instagram account (docs/providers/instagram.md)."""

from __future__ import annotations

from collections.abc import Sequence

from channels.backends.instagram_inbound import parse
from channels.events import Event
from channels.messages import Account
from channels.webhooks.base import Call
from channels.webhooks.meta import MetaWebhook


class InstagramWebhook(MetaWebhook):
    """Signed with the secret of the app that the account is connected to, whichever way it logs in."""

    def parse(self, call: Call, account: Account) -> Sequence[Event]:
        return parse(call.body, account.credentials.get("instagram_account_id", ""))
