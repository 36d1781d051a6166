"""The cards of a page of many messages begin folded: what such a card sends.

A browser makes fields of a card's settings when somebody opens it (later_cards.js): thousands of fields that nobody
touches would make the page slow. What was not opened is not sent, and stays as it is stored.
"""

from __future__ import annotations

from typing import Any

from django.utils.datastructures import MultiValueDict

# A page of more messages begins folded (arrange.js).
UNFOLDED_AT_MOST = 8
# On every card that was opened, for a chooser always sends something.
ALWAYS_SENT = "delay_unit"
SETTINGS = (
    "delay_amount",
    "delay_unit",
    "sending",
    "window_start",
    "window_end",
    "days",
    "sub_flow",
    "content_type",
    "notification_type",
    "outside_reply_window",
    "fall_back_to",
)


def with_stored_settings(card: Any) -> MultiValueDict[str, Any]:
    """What a StepForm was sent, and the settings of its message where it was sent none."""
    sent: MultiValueDict[str, Any] = card.data
    if not card.instance.pk or card.add_prefix(ALWAYS_SENT) in sent:
        return sent
    data = MultiValueDict(dict(sent.lists()))
    for name in SETTINGS:
        value = card.initial[name]
        data.setlist(card.add_prefix(name), value if isinstance(value, list) else [value])
    return data
