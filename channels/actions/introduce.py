"""Fill in what a provider's webhook tells of people by the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from channels.events import Introduction
from channels.models import Contact

FIELDS = ("first_name", "last_name", "language")
AT_ONCE = 500


def introduce(people: Mapping[str, Contact], introductions: Iterable[Introduction]) -> None:
    """Names and language of contacts that we have; what stands there already was typed by somebody, and stays.

    The caller has locked the contacts' rows.
    """
    changed = []
    for address, profile in {one.address: one.profile for one in introductions}.items():
        row = people.get(address)
        if row is None:
            continue
        empty = [name for name in FIELDS if not getattr(row, name) and getattr(profile, name)]
        # A last name alone beside a first name that somebody typed would make another person of them.
        if "last_name" in empty and "first_name" not in empty and row.first_name != profile.first_name:
            empty.remove("last_name")
        for name in empty:
            setattr(row, name, getattr(profile, name))
        if empty:
            changed.append(row)
    if changed:
        Contact.objects.bulk_update(changed, FIELDS, batch_size=AT_ONCE)
