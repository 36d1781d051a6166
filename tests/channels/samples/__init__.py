"""What each kind's provider says, as samples: one file per kind, listed here and nowhere else.

The contract suite (test_backend_contract.py, test_webhook_contract.py) and the table of docs/channels.md run every kind
through its own; a new kind adds its file, and a line below.
"""

from __future__ import annotations

from tests.channels.samples import (
    email,
    instagram,
    line,
    manychat,
    messenger,
    sandbox,
    sms,
    telegram,
    uchat,
    viber,
    webhook,
    whatsapp,
)
from tests.channels.samples.shape import Samples, WebhookSamples

__all__ = ["SAMPLES", "Samples", "WebhookSamples"]

SAMPLES: dict[str, Samples] = {
    "sandbox": sandbox.SAMPLES,
    "messenger": messenger.SAMPLES,
    "instagram": instagram.SAMPLES,
    "whatsapp": whatsapp.SAMPLES,
    "telegram": telegram.SAMPLES,
    "line": line.SAMPLES,
    "sms": sms.SAMPLES,
    "viber": viber.SAMPLES,
    "uchat": uchat.SAMPLES,
    "manychat": manychat.SAMPLES,
    "webhook": webhook.SAMPLES,
    "email": email.SAMPLES,
}
