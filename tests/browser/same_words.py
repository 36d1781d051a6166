"""Texts that are the same in English and French, and data, which is in nobody's language."""

from __future__ import annotations

import re

SAME = {
    "Audience",
    "Invitations",
    "Menu",
    "Facebook Messenger",
    "Instagram",
    "WhatsApp",
    "LINE",
    "Viber",
    "UChat",
    "ManyChat",
    "Webhook",
    "SMS (Twilio)",
    "Active",  # a sequence, une séquence
    "Notification",
    "Place",
    "Sa",
    "minutes",
    "Action",
    "Sequencer",
    "English",
    "Français",
    "Message",
    "Messages",
    "Contact",
    "Contacts",
    "Invitation",
    "Type",
    "Image",
    "Audio",
    "Pause",
    "Telegram",
    "Messenger",
    "E-mail",
    "Port",
    "Brevo",
    "Mailgun",
    "Mailjet",
    "Postmark",
    "SparkPost",
    "STARTTLS",
    "TLS",
    "Actions",
    "Test | Sequencer",
    "Confirmation",
    "note",  # the name of a field
    "Webhooks",
    "Description",
    "UTC",
}
# Addresses, time zones, names of placeholders and fields.
DATA = re.compile(
    r"[\w.+-]+@[\w.-]+|(\w+/)+\w+|[a-z]+(_[a-z]+)+|https?://\S+|[A-Z]"
    # names of servers
    r"|([a-z]+\.)+example\.com"
    # public ids, keys, scopes as they are stored, languages
    # types of events, and a try of a webhook
    r"|[A-Za-z]+\.[a-z_]+( whm_\w+)?|[\d:. -]+ UTC: \d+ \(\d+ ms\)"
    r"|[A-Za-z]{3}_\w{8,}|seq_live_\S+|\"[a-z]+\"|[a-z]{2}_[A-Z]{2}"
)


_KNOWN = {word.lower() for word in SAME} | {""}


def is_the_same_in_french(text: str, mark: str) -> bool:
    """Whether a text that both pages show says nothing that could be translated."""
    return mark.lower() in text.lower() or DATA.fullmatch(text) is not None or _words(text) <= _KNOWN


def _words(text: str) -> set[str]:
    """Without numbers, and each by itself where a dot stands between them."""
    return {part.lstrip("0123456789 ").strip().lower() for part in text.split("·")}
