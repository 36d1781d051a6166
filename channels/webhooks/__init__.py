"""Where providers call us: one file per provider, listed here and nowhere else."""

from __future__ import annotations

from channels.webhooks.base import Webhook
from channels.webhooks.messenger import MessengerWebhook

__all__ = ["WEBHOOKS", "Webhook"]

WEBHOOKS: dict[str, Webhook] = {
    "messenger": MessengerWebhook(),
}
