"""Texts that are the same in English and French, and data, which is in nobody's language."""

from __future__ import annotations

import re

SAME = {
    "Audience",
    "Invitations",
    "Menu",
    "Facebook Messenger",
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
}
# Addresses, time zones, names of placeholders and fields.
DATA = re.compile(
    r"[\w.+-]+@[\w.-]+|(\w+/)+\w+|[a-z]+(_[a-z]+)+|https?://\S+|[A-Z]"
    # public ids, keys, scopes as they are stored, languages
    r"|[A-Za-z]{3}_\w{8,}|seq_live_\S+|\"[a-z]+\"|[a-z]{2}_[A-Z]{2}"
)


def is_the_same_in_french(text: str, mark: str) -> bool:
    """Whether a text that both pages show says nothing that could be translated."""
    words = text.lstrip("0123456789 ")
    known = {word.lower() for word in SAME}
    return words.lower() in known or mark.lower() in text.lower() or DATA.fullmatch(text) is not None
