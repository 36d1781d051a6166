"""What an event may be called. Programs store these names: they are compared to the letter."""

from __future__ import annotations

import re

from channels.messages import InboundKind
from sequences.rules.problems import Problem

MAX_NAME = 64
EXAMPLE = "cart_abandoned"
_NAME = re.compile(r"[a-z0-9][a-z0-9_.:-]*")

# What Sequencer notices by itself: the person wrote, or tapped a button.
MESSAGE_RECEIVED = "message_received"
BUTTON_TAPPED = "button_tapped"
NOTICED_AS = {InboundKind.MESSAGE: MESSAGE_RECEIVED, InboundKind.BUTTON: BUTTON_TAPPED}
NOTICED = tuple(NOTICED_AS.values())


def check_event_name(field: str, name: str) -> list[Problem]:
    """Small letters, digits and _ . : - and no blanks, so that nobody can mistype a difference that cannot be seen."""
    if not name:
        return [Problem(field, "required")]
    if len(name) > MAX_NAME:
        return [Problem(field, "too_long", {"max": MAX_NAME})]
    if not _NAME.fullmatch(name):
        return [Problem(field, "invalid_format", {"example": EXAMPLE})]
    return []
