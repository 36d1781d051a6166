"""Telegram's calls for a bot (docs/providers/telegram.md)."""

from __future__ import annotations

import json
from collections.abc import Sequence

from channels.backends.telegram import secret_token
from channels.backends.telegram_inbound import parse, tapped_query
from channels.errors import WebhookRejected
from channels.events import Event
from channels.messages import Account
from channels.webhooks.base import Call, Webhook, same


class TelegramWebhook(Webhook):
    """A secret in a header proves it; nothing is signed."""

    thanks_type = "application/json"

    def verify(self, call: Call, account: Account) -> None:
        is_ours = bool(account.credentials.get("bot_token"))
        if not is_ours or not same(call.headers.get("X-Telegram-Bot-Api-Secret-Token", ""), secret_token(account)):
            raise WebhookRejected("the secret token is missing or wrong", status=403)

    def parse(self, call: Call, account: Account) -> Sequence[Event]:
        return parse(call.body, call.received_at)

    def thanks_to(self, call: Call) -> str:
        """A tap is answered by way of the answer, so that the person's button stops waiting."""
        query = tapped_query(call.body)
        return json.dumps({"method": "answerCallbackQuery", "callback_query_id": query}) if query else ""
