"""Whose clock counts: the contact's time zone, else what the channel gives, else the workspace's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta, timezone, tzinfo
from enum import StrEnum
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

from channels.messages import SANE_OFFSET_MINUTES

# Nowhere on Earth: an operating system's name for its own zone differs by machine, and "Factory" means "not set".
_NO_PLACE = frozenset({"localtime", "posixrules", "Factory"})


class ZoneSource(StrEnum):
    """Where a contact's zone came from; the words of the preview's `time_zone_from`."""

    CONTACT = "contact"
    UTC_OFFSET = "utc_offset"
    WORKSPACE = "workspace"


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone to read the wall clock in, its name ("Europe/Paris", "UTC+05:30") and whose it is."""

    tz: tzinfo
    name: str
    came_from: ZoneSource


@cache
def _valid_names() -> frozenset[str]:
    return frozenset(available_timezones()) - _NO_PLACE


def is_valid_zone(name: str) -> bool:
    """Whether `name` is an IANA zone, spelled exactly; never opens a file by that name."""
    return name in _valid_names()


@lru_cache(maxsize=4096)
def pick_zone(contact_zone: str, utc_offset_minutes: int | None, workspace_zone: str) -> Zone:
    """The contact's zone if valid, else their UTC offset if sane, else the workspace's, else UTC; never raises."""
    if (tz := _load(contact_zone)) is not None:
        return Zone(tz, contact_zone, ZoneSource.CONTACT)
    if utc_offset_minutes is not None and utc_offset_minutes in SANE_OFFSET_MINUTES:
        fixed = timezone(timedelta(minutes=utc_offset_minutes))
        return Zone(fixed, str(fixed), ZoneSource.UTC_OFFSET)
    if (tz := _load(workspace_zone)) is not None:
        return Zone(tz, workspace_zone, ZoneSource.WORKSPACE)
    return Zone(UTC, "UTC", ZoneSource.WORKSPACE)


def _load(name: str) -> ZoneInfo | None:
    if not is_valid_zone(name):
        return None
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # listed, but its file is unreadable or broken
        return None
