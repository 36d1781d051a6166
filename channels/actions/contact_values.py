"""What may be written on a contact, and how it joins what is there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as with_default
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from channels.models import Contact

PLAIN = ("first_name", "last_name", "language", "time_zone", "utc_offset_minutes")
MAX_TAGS = 200
MAX_FIELDS = 200
# Clocks on Earth read from UTC-12:00 to UTC+14:00; what lies further out is a mistake (rules/zones.py ignores it).
SANE_OFFSETS = (-899, 899)


@dataclass(frozen=True, slots=True)
class ContactProblem:
    field: str
    code: str
    params: Mapping[str, Any] = with_default(default_factory=dict)


def check_contact_values(values: Mapping[str, Any], *, now: datetime) -> list[ContactProblem]:
    """Everything that is wrong with values of the right types; [] when all is well."""
    problems = []
    zone = values.get("time_zone") or ""
    if zone and zone not in _zone_names():
        problems.append(ContactProblem("time_zone", "unknown_time_zone", {"value": zone[:64]}))
    for name in ("last_interaction_at", "opted_out_at"):
        if values.get(name) is not None and values[name] > now:
            problems.append(ContactProblem(name, "in_the_future"))
    offset = values.get("utc_offset_minutes")
    if offset is not None and not SANE_OFFSETS[0] <= offset <= SANE_OFFSETS[1]:
        limits = {"min": SANE_OFFSETS[0], "max": SANE_OFFSETS[1]}
        problems.append(ContactProblem("utc_offset_minutes", "out_of_range", limits))
    problems += [
        ContactProblem(name, "too_many", {"max": most})
        for name, most in (("tags", MAX_TAGS), ("fields", MAX_FIELDS))
        if len(values.get(name) or ()) > most
    ]
    return problems


def merged_values(contact: Contact, values: Mapping[str, Any], *, adds_tags: bool = False) -> dict[str, Any]:
    """The columns that become different. In `fields` a null takes a field away; a tag stands once."""
    wanted = {name: values[name] for name in PLAIN if name in values}
    if "tags" in values:
        wanted["tags"] = _each_once([*contact.tags, *values["tags"]] if adds_tags else values["tags"])
    if "fields" in values:
        both = {**contact.fields, **values["fields"]}
        wanted["fields"] = {name: value for name, value in both.items() if value is not None}
    return {name: value for name, value in wanted.items() if getattr(contact, name) != value}


@cache
def _zone_names() -> frozenset[str]:
    """The names that rules/zones.py takes; what is no place on Earth would silently fall back there."""
    return frozenset(available_timezones()) - {"localtime", "posixrules", "Factory"}


def _each_once(tags: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(tags))
