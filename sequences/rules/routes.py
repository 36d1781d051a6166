"""How a message may travel to somebody on one channel: its 24-hour rule, and what is left where that is closed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from channels import window
from channels.messages import ContentType, Route
from sequences.rules.reasons import Reason
from sequences.rules.steps import StepSettings


class ReplyRule(NamedTuple):
    """What a channel's 24-hour rule says about one person: `length` None where the channel has no such rule.

    A tuple, like all that is made for every message: a frozen dataclass costs five times as much.
    """

    length: timedelta | None
    after_24_hours: str = "never"
    last_interaction_at: datetime | None = None
    has_utility_template: bool = False


def choose_route(step: StepSettings, rule: ReplyRule, at: datetime) -> Route | Reason:
    """How this message may travel at `at`, or why it may not. Inside the window never with a tag."""
    if window.is_open(rule.last_interaction_at, rule.length, now=at):
        return Route.MESSAGE
    if step.content_type == ContentType.DEFAULT or rule.after_24_hours == "never":
        return Reason.REPLY_WINDOW_CLOSED
    if rule.after_24_hours == "message_tag":
        return Route.MESSAGE_TAG
    return Route.UTILITY_TEMPLATE if rule.has_utility_template else Reason.NO_UTILITY_TEMPLATE
