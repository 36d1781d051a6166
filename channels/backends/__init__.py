"""The kinds of channels there are: one backend class each, listed here and nowhere else."""

from __future__ import annotations

from channels.backends.base import Backend, Capabilities
from channels.backends.email import EmailBackend
from channels.backends.instagram import InstagramBackend
from channels.backends.line import LineBackend
from channels.backends.manychat import ManyChatBackend
from channels.backends.messenger import MessengerBackend
from channels.backends.sandbox import SandboxBackend
from channels.backends.sms import SmsBackend
from channels.backends.telegram import TelegramBackend
from channels.backends.uchat import UChatBackend
from channels.backends.viber import ViberBackend
from channels.backends.webhook import WebhookBackend
from channels.backends.whatsapp import WhatsAppBackend

__all__ = ["KINDS", "Backend", "Capabilities", "backend_for", "kinds"]

KINDS: dict[str, Backend] = {
    "sandbox": SandboxBackend(),
    "messenger": MessengerBackend(),
    "instagram": InstagramBackend(),
    "whatsapp": WhatsAppBackend(),
    "telegram": TelegramBackend(),
    "line": LineBackend(),
    "sms": SmsBackend(),
    "viber": ViberBackend(),
    "uchat": UChatBackend(),
    "manychat": ManyChatBackend(),
    "webhook": WebhookBackend(),
    "email": EmailBackend(),
}


def backend_for(kind: str) -> Backend:
    """The backend of this kind; KeyError for one that does not exist."""
    return KINDS[kind]


def kinds() -> tuple[str, ...]:
    """Every kind, in the order in which a person is offered them."""
    return tuple(KINDS)
