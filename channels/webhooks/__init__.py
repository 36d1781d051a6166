"""Where providers call us: one file per provider, listed here and nowhere else."""

from __future__ import annotations

from channels.webhooks.base import Call, Webhook
from channels.webhooks.email import EmailWebhook
from channels.webhooks.instagram import InstagramWebhook
from channels.webhooks.line import LineWebhook
from channels.webhooks.messenger import MessengerWebhook
from channels.webhooks.sms import SmsWebhook
from channels.webhooks.telegram import TelegramWebhook
from channels.webhooks.viber import ViberWebhook
from channels.webhooks.whatsapp import WhatsAppWebhook

__all__ = ["WEBHOOKS", "Call", "Webhook"]

WEBHOOKS: dict[str, Webhook] = {
    "messenger": MessengerWebhook(),
    "instagram": InstagramWebhook(),
    "whatsapp": WhatsAppWebhook(),
    "telegram": TelegramWebhook(),
    "line": LineWebhook(),
    "sms": SmsWebhook(),
    "viber": ViberWebhook(),
    "email": EmailWebhook(),
}
