"""Meta's calls for a WhatsApp number (docs/providers/whatsapp.md)."""

from __future__ import annotations

from collections.abc import Sequence

from channels.backends.whatsapp_inbound import parse
from channels.events import Event
from channels.messages import Account
from channels.webhooks.base import Call
from channels.webhooks.meta import MetaWebhook


class WhatsAppWebhook(MetaWebhook):
    """What people write to the number, what became of our messages, and the fate of templates."""

    def parse(self, call: Call, account: Account) -> Sequence[Event]:
        return parse(call.body, account.credentials.get("phone_number_id", ""))
