"""The reply window: for how long after somebody's last interaction a channel lets us write freely."""

from __future__ import annotations

from datetime import datetime, timedelta


def is_open(last_interaction_at: datetime | None, length: timedelta | None, *, now: datetime) -> bool:
    """Exactly `length` after the interaction is still inside; without a window it is always open."""
    if length is None:
        return True
    return last_interaction_at is not None and now <= last_interaction_at + length
