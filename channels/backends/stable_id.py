"""Our key for providers that want a UUID or an id without dots."""

from __future__ import annotations

from uuid import NAMESPACE_URL, uuid5


def stable_id(key: str, address: str, channel_id: int) -> str:
    """A UUID that is the same for every try of one part to one person, and no other's."""
    return str(uuid5(NAMESPACE_URL, f"sequencer:{channel_id}:{key}:{address}"))
