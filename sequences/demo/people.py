"""Who is in the demonstration: five people in five zones, one of whom has told nobody where they live."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from sequences.recipes.content import CART, EVENT, FEEDBACK


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """`wrote` is what they said, `ago` how long before; `sequences` are subscribed to by hand of the system."""

    address: str
    values: dict[str, Any]
    ago: timedelta
    wrote: str
    sequences: tuple[str, ...] = field(default=())


def people() -> list[DemoPerson]:
    """In the order in which they get their first message."""
    return [*_at_the_reading(), *_at_the_counter()]


def _at_the_reading() -> list[DemoPerson]:
    return [
        DemoPerson(
            "camille",
            _values("Camille", "Laurent", "fr", "Europe/Paris", event_day=_("Thursday")),
            timedelta(minutes=2),
            _("Hello! Is there still a seat at the reading?"),
            (EVENT,),
        ),
        DemoPerson(
            "haruka",
            _values("Haruka", "Mori", "ja", "Asia/Tokyo", event_day=_("Thursday"), cart=_("two novels")),
            timedelta(hours=3),
            _("Can I follow the reading online?"),
            (EVENT, CART),
        ),
        DemoPerson(
            "grace",
            _values("Grace", "Miller", "en", "America/New_York", event_day=_("Thursday")),
            timedelta(hours=30),
            _("Do you ship to New York?"),
            (EVENT,),
        ),
    ]


def _at_the_counter() -> list[DemoPerson]:
    return [
        DemoPerson(
            "arjun",
            _values("Arjun", "Rao", "en", "Asia/Kolkata", cart=_("three travel books"), cart_number="1047"),
            timedelta(minutes=20),
            _("I could not find the checkout."),
            (FEEDBACK, CART),
        ),
        DemoPerson(
            "sacha",
            _values("Sacha", "Dubois", "fr", ""),
            timedelta(minutes=5),
            _("Thank you for your help today!"),
            (FEEDBACK,),
        ),
    ]


def _values(first_name: str, last_name: str, language: str, time_zone: str, **fields: str) -> dict[str, Any]:
    return {
        "first_name": first_name,
        "last_name": last_name,
        "language": language,
        "time_zone": time_zone,
        "fields": fields,
    }
