"""Which names of time zones people may give."""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones

# Nowhere on Earth: an operating system's name for its own zone differs by machine, and "Factory" means "not set".
_NO_PLACE = frozenset({"localtime", "posixrules", "Factory"})


@cache
def zone_names() -> frozenset[str]:
    """Every IANA name that is taken; sequences/rules/zones.py reads the wall clock by the same ones."""
    return frozenset(available_timezones()) - _NO_PLACE


def is_valid_zone(name: str) -> bool:
    """Whether `name` is an IANA zone, spelled exactly; never opens a file by that name."""
    return name in zone_names()
