"""Who is behind a deed: a person, a key of the API, or the system itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ActorKind(StrEnum):
    USER = "user"
    API_KEY = "api_key"
    CONTACT = "contact"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    kind: ActorKind
    id: int | None = None
    label: str = ""
    ip_address: str | None = None
    request_id: str = ""


SYSTEM = Actor(ActorKind.SYSTEM, label="Sequencer")
