"""Whether an installation does its work, told from what can be seen from outside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

# The canary sings each minute: silence is told within three.
CANARY_LATE_AFTER = timedelta(seconds=150)
NO_WORKER_AFTER = timedelta(seconds=60)
STALLED_AFTER = timedelta(seconds=120)
CLOCK_MAY_DIFFER = timedelta(seconds=5)


class Trouble(StrEnum):
    """What operators' alarms are built on; a new one is a change of the contract."""

    DATABASE_AWAY = "database_away"
    MIGRATIONS_MISSING = "migrations_missing"
    CACHE_AWAY = "cache_away"
    NO_WORKER = "no_worker"
    NOT_SENDING = "not_sending"
    CANARY_SILENT = "canary_silent"
    CLOCK_WRONG = "clock_wrong"
    HELD_AFTER_RESTORE = "held_after_restore"


@dataclass(frozen=True, slots=True)
class Signs:
    """Ages are None where nothing was ever seen. `stalled_for`: since when a channel could be served and is not."""

    migrations_missing: int = 0
    is_cache_shared: bool = True
    heartbeat_age: timedelta | None = None
    canary_age: timedelta | None = None
    stalled_for: timedelta | None = None
    clock_skew: timedelta = timedelta(0)
    is_held: bool = False


def troubles_of(signs: Signs) -> list[Trouble]:
    """Everything that keeps this installation from its work, the cause before its consequences; [] when all is well."""
    found = []
    if signs.migrations_missing:
        found.append(Trouble.MIGRATIONS_MISSING)
    if not signs.is_cache_shared:
        found.append(Trouble.CACHE_AWAY)
    if abs(signs.clock_skew) > CLOCK_MAY_DIFFER:
        found.append(Trouble.CLOCK_WRONG)
    if signs.is_held:
        found.append(Trouble.HELD_AFTER_RESTORE)
    if signs.heartbeat_age is None or signs.heartbeat_age > NO_WORKER_AFTER:
        found.append(Trouble.NO_WORKER)
    if signs.stalled_for is not None and signs.stalled_for > STALLED_AFTER:
        found.append(Trouble.NOT_SENDING)
    if signs.canary_age is None or signs.canary_age > CANARY_LATE_AFTER:
        found.append(Trouble.CANARY_SILENT)
    return found
