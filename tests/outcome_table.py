"""The table of all outcomes of the 24-hour rule, written out by hand: what the rules and the engine are measured by."""

from __future__ import annotations

from datetime import timedelta

CONTENT_TYPES = ("default", "confirmed_event_update", "post_purchase_update", "account_update")
CHOICES = ("skip", "hold", "stop")

WROTE: dict[str, timedelta | None] = {
    "23:59 h ago": timedelta(hours=23, minutes=59),
    "exactly 24 h ago": timedelta(hours=24),
    "24 h and 1 s ago": timedelta(hours=24, seconds=1),
    "never": None,
}

# What the channel does after 24 hours, and whether the sub-flow has a template bound to it.
SETTINGS: dict[str, tuple[str, bool]] = {
    "utility_template, bound": ("utility_template", True),
    "utility_template, none": ("utility_template", False),
    "message_tag": ("message_tag", True),
    "never": ("never", True),
}

CLOSED, NO_TEMPLATE = "reply_window_closed", "no_utility_template"

# Outside the window: the route, or the reason why there is none. Inside it every row is a plain message.
OUTSIDE: dict[str, dict[str, str]] = {
    "utility_template, bound": {
        "default": CLOSED,
        "confirmed_event_update": "utility_template",
        "post_purchase_update": "utility_template",
        "account_update": "utility_template",
    },
    "utility_template, none": {
        "default": CLOSED,
        "confirmed_event_update": NO_TEMPLATE,
        "post_purchase_update": NO_TEMPLATE,
        "account_update": NO_TEMPLATE,
    },
    "message_tag": {
        "default": CLOSED,
        "confirmed_event_update": "message_tag",
        "post_purchase_update": "message_tag",
        "account_update": "message_tag",
    },
    "never": {
        "default": CLOSED,
        "confirmed_event_update": CLOSED,
        "post_purchase_update": CLOSED,
        "account_update": CLOSED,
    },
}

TAGS = {
    "confirmed_event_update": "CONFIRMED_EVENT_UPDATE",
    "post_purchase_update": "POST_PURCHASE_UPDATE",
    "account_update": "ACCOUNT_UPDATE",
}


def expected_outcome(content_type: str, wrote: str, setting: str, choice: str) -> str:
    """The route, or "<the step's choice> <reason>"."""
    if wrote in ("23:59 h ago", "exactly 24 h ago"):
        return "message"
    outside = OUTSIDE[setting][content_type]
    return f"{choice} {outside}" if outside in (CLOSED, NO_TEMPLATE) else outside
