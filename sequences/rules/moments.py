"""Moments as programs write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

EXAMPLE = "2026-05-01T09:30:00Z"
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?([Zz]|[+-]\d\d:?\d\d)")


def read_moment(text: str) -> datetime | None:
    """ISO 8601 with an offset, in UTC; None for everything else."""
    if not _MOMENT.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
