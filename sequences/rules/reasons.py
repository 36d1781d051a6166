"""The closed lists of codes that outside programs store; a new one is a change of the contract."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why a message did not go (deliveries, preview)."""

    REPLY_WINDOW_CLOSED = "reply_window_closed"
    NO_UTILITY_TEMPLATE = "no_utility_template"
    CONDITION_NOT_MET = "condition_not_met"
    EXPIRED = "expired"
    CONTENT_REJECTED = "content_rejected"
    CONTACT_UNREACHABLE = "contact_unreachable"
    CONTACT_GONE = "contact_gone"
    ATTEMPTS_EXHAUSTED = "attempts_exhausted"
    OUTCOME_UNKNOWN = "outcome_unknown"
    RENDERING_FAILED = "rendering_failed"
    UNSUPPORTED = "unsupported"


class Because(StrEnum):
    """Why the next message goes when it goes, or what it waits for."""

    COUNTDOWN = "countdown"
    OUTSIDE_WINDOW = "outside_window"
    WEEKDAY_CLOSED = "weekday_closed"
    CHANNEL_PAUSED = "channel_paused"
    CHANNEL_TROUBLE = "channel_trouble"
    CONTACT_BUSY = "contact_busy"
    RETRY = "retry"
    REPLY_WINDOW_CLOSED = "reply_window_closed"
    SEQUENCE_PAUSED = "sequence_paused"
    PAUSE_BLOCK = "pause_block"


class EndedBecause(StrEnum):
    """Why a subscription ended."""

    COMPLETED = "completed"
    UNSUBSCRIBED = "unsubscribed"
    REPLIED = "replied"
    OPTED_OUT = "opted_out"
    BLOCKED = "blocked"
    CONTACT_GONE = "contact_gone"
    STOPPED_BY_STEP = "stopped_by_step"
    EXIT_RULE = "exit_rule"
    SEQUENCE_ARCHIVED = "sequence_archived"
    MOVED = "moved"
