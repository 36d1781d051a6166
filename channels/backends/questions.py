"""Questions to a provider as values: the call that asks, and how its answer reads. Nothing here opens a socket."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from channels.messages import DoorResult, HttpCall

Found = TypeVar("Found", covariant=True)


@dataclass(frozen=True, slots=True)
class Ask(Generic[Found]):
    """`parse` raises the ChannelError that fits when the answer is none."""

    call: HttpCall
    parse: Callable[[DoorResult], Found]


@dataclass(frozen=True, slots=True)
class Profile:
    """What the provider shows us of a person; empty and None: not shown.

    `may_read`: whether we are let to read profiles at all, as far as this answer tells.
    """

    first_name: str = ""
    last_name: str = ""
    language: str = ""
    utc_offset_minutes: int | None = None
    may_read: bool = True


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose account the credentials open: the provider's id, and a name for people."""

    provider_id: str
    name: str
