"""Since when a message that waits may have arrived already: kept with its delivery until the doubt is over.

Where the provider takes our key it goes again under it, as long as the provider remembers keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from channels.backends import Capabilities

IN_DOUBT_SINCE = "in_doubt_since"


def noted_doubt(since: datetime | None) -> dict[str, Any]:
    """What `Delivery.reason_details` keeps of it."""
    return {} if since is None else {IN_DOUBT_SINCE: since.isoformat()}


def doubt_in(details: Mapping[str, Any]) -> datetime | None:
    """Since when, by what is kept; None: there is no doubt."""
    since = details.get(IN_DOUBT_SINCE)
    return datetime.fromisoformat(since) if since else None


def is_key_forgotten(since: datetime | None, can: Capabilities, *, now: datetime) -> bool:
    """Whether a message in doubt must not go again: the provider would take it for a new one."""
    return since is not None and can.key_valid_for is not None and now - since >= can.key_valid_for
