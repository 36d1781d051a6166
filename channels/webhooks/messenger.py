"""Meta's calls for a Page (docs/providers/messenger.md)."""

from __future__ import annotations

from collections.abc import Sequence

from channels.backends.messenger_inbound import parse
from channels.events import Event
from channels.messages import Account
from channels.webhooks.base import Call
from channels.webhooks.meta import MetaWebhook


class MessengerWebhook(MetaWebhook):
    """Events of the Page's conversations, and the fate of its templates."""

    def parse(self, call: Call, account: Account) -> Sequence[Event]:
        return parse(call.body, account.credentials.get("page_id", ""))
