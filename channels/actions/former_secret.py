"""A secret that signs is changed with an overlap: the former one goes on signing beside the new one for a while."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from channels.standard_webhooks import CURRENT, FORMER, FORMER_UNTIL

# By the channel's setting `former_secret`; a secret that leaked is cut off at once.
OVERLAPS = {"day": timedelta(hours=24), "week": timedelta(days=7), "none": timedelta()}


def without_former(stored: Mapping[str, str]) -> dict[str, str]:
    """What people gave of the stored credentials."""
    return {name: value for name, value in stored.items() if name not in (FORMER, FORMER_UNTIL)}


def with_former(
    stored: Mapping[str, str],
    credentials: Mapping[str, str],
    settings: Mapping[str, Any],
    *,
    now: datetime,
) -> dict[str, str]:
    """`credentials` as they are stored: with the secret that the new one follows, and until when it signs too."""
    before, after = stored.get(CURRENT), credentials.get(CURRENT)
    overlap = OVERLAPS[settings.get("former_secret") or "day"]
    if before == after:
        kept = {name: stored[name] for name in (FORMER, FORMER_UNTIL) if name in stored}
        return {**credentials, **kept}
    if before is None or overlap == timedelta():
        return dict(credentials)
    return {**credentials, FORMER: before, FORMER_UNTIL: (now + overlap).isoformat()}
