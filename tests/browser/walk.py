"""A business in which every list holds something, and every page of it that a browser can open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from django.test import Client

from channels.models import Contact
from channels.ways_out import way_out
from sequencer.workspaces.models import Role
from sequences.models import Sequence
from tests.isolation.walk import Place, places
from tests.isolation.world import Business, a_business

NOW = datetime.now(UTC)
# Every text of its data bears it, so that what is left on a page is ours.
MARK = "Zyx"
OPEN_TO_ALL = (
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/accounts/inactive/",
    "/api/docs/",
)
# Pages of Django's that no link of ours leads to, and answers that are no pages.
NOT_WALKED = {"/admin/logout/", "/admin/jsi18n/", "/admin/autocomplete/", "/admin/search/"}


@dataclass(frozen=True, slots=True)
class Stop:
    """A page, under the address that it has in this run and a name that stays."""

    address: str
    name: str
    is_open_to_all: bool = False


def a_filled_business() -> Business:
    return a_business(MARK)


def pages_of(business: Business) -> list[Stop]:
    """One address of every place that shows its owner a page; what redirects, downloads or wants a POST is no page."""
    client = Client(raise_request_exception=False)
    client.force_login(business.people[Role.OWNER])
    stops = [Stop(address, address, is_open_to_all=True) for address in OPEN_TO_ALL]
    for place in places("/admin/"):
        if place.template in NOT_WALKED:
            continue
        address = next((one for one in _addresses(place, business) if _is_page(client, one)), None)
        if address:
            stops.append(Stop(address, place.template))
    return [
        *stops,
        Stop("/admin/channels/channel/add/?kind=messenger", "a new Messenger channel"),
        Stop("/admin/channels/channel/add/?kind=email", "a new e-mail channel"),
        *(Stop(urlsplit(address).path, name, is_open_to_all=True) for name, address in _ways_out(business).items()),
        Stop("/nowhere/", "404"),
    ]


def _ways_out(business: Business) -> dict[str, str]:
    """What the links of an e-mail open, for somebody who speaks the browser's language."""
    contact, sequence = business.rows[Contact], business.rows[Sequence]
    Contact.objects.filter(pk=contact.pk).update(language="")
    return {"unsubscribe": way_out(contact), "leave a sequence": way_out(contact, sequence.public_id)}


def _addresses(place: Place, business: Business) -> list[str]:
    if not place.holes:
        return [place.template]
    own = {model._meta.model_name: str(row.pk) for model, row in business.rows.items()}
    named = [number for name, number in own.items() if f"/{name}/" in place.template]
    return [one for number in (named or own.values()) for one in place.addresses([number])][:12]


def _is_page(client: Client, address: str) -> bool:
    answer = client.get(address)
    return answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html") and not _is_part(answer)


def _is_part(answer: object) -> bool:
    return b"<html" not in getattr(answer, "content", b"")
