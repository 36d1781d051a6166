"""What may be written on a contact, and how it joins what is there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from channels.backends import KINDS, Backend
from channels.messages import SANE_OFFSET_MINUTES
from channels.models import Contact
from sequencer.workspaces.moments import check_moment
from sequencer.workspaces.problems import Problem
from sequencer.workspaces.zones import is_valid_zone

PLAIN = ("first_name", "last_name", "language", "time_zone", "utc_offset_minutes")
MAX_TAGS = 200
MAX_FIELDS = 200


def spelled(kind: str, address: str) -> str:
    """The one spelling of an address on a channel of this kind; what cannot be one there stays as it is."""
    return (KINDS[kind].address(address) if kind in KINDS else "") or address


def check_contact_values(values: Mapping[str, Any], *, now: datetime) -> list[Problem]:
    """Everything that is wrong with values of the right types; [] when all is well."""
    problems = []
    zone = values.get("time_zone") or ""
    if zone and not is_valid_zone(zone):
        problems.append(Problem("time_zone", "unknown_time_zone", {"value": zone[:64]}))
    for name in ("last_interaction_at", "opted_out_at"):
        if values.get(name) is not None and values[name] > now:
            problems.append(Problem(name, "in_the_future"))
        else:
            problems += check_moment(name, values.get(name))
    offset = values.get("utc_offset_minutes")
    if offset is not None and offset not in SANE_OFFSET_MINUTES:
        limits = {"min": SANE_OFFSET_MINUTES[0], "max": SANE_OFFSET_MINUTES[-1]}
        problems.append(Problem("utc_offset_minutes", "out_of_range", limits))
    problems += [
        Problem(name, "too_many", {"max": most})
        for name, most in (("tags", MAX_TAGS), ("fields", MAX_FIELDS))
        if len(values.get(name) or ()) > most
    ]
    return problems


def check_address(kind: str, address: str) -> list[Problem]:
    """Whether somebody can have this address on a channel of this kind; [] when all is well."""
    backend = KINDS.get(kind)
    if backend is None or (backend.address(address) and _has_its_form(backend, address)):
        return []
    return [Problem("address", "invalid_format", {"example": backend.address_example})]


def _has_its_form(backend: Backend, address: str) -> bool:
    return not backend.address_pattern or re.fullmatch(backend.address_pattern, address) is not None


def merged_values(contact: Contact, values: Mapping[str, Any], *, adds_tags: bool = False) -> dict[str, Any]:
    """The columns that become different. In `fields` a null takes a field away; a tag stands once."""
    wanted = {name: values[name] for name in PLAIN if name in values}
    if "tags" in values:
        wanted["tags"] = _each_once([*contact.tags, *values["tags"]] if adds_tags else values["tags"])
    if "fields" in values:
        both = {**contact.fields, **values["fields"]}
        wanted["fields"] = {name: value for name, value in both.items() if value is not None}
    return {name: value for name, value in wanted.items() if getattr(contact, name) != value}


def _each_once(tags: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(tags))
