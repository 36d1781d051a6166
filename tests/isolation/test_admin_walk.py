"""No page of the admin shows, changes or points at anything of another workspace, whoever asks."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import include, path

from channels.models import Contact
from sequencer.workspaces.models import Role
from tests.isolation.walk import Place, places
from tests.isolation.world import Business, a_business, references_across, snapshot
from tests.journeys.sizes import split_by_engine

pytestmark = pytest.mark.django_db(transaction=True)

# Ends the session of whoever walks.
NOT_WALKED = {"/admin/logout/"}


def unscoped(request: HttpRequest) -> HttpResponse:
    """What somebody might add one day: a page that forgot whose contacts it lists."""
    return HttpResponse(", ".join(str(contact) for contact in Contact.objects.all()))


urlpatterns = [path("admin/planted/", unscoped), path("", include("sequencer.urls"))]


@pytest.fixture
def mine() -> Business:
    return a_business("MINE", numbered_from=3_000_000)


@pytest.fixture
def theirs() -> Business:
    return a_business("SECRETLY-THEIRS", numbered_from=7_000_000)


def as_member(business: Business, role: Role) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(business.people[role])
    return client


def admin_places() -> list[Place]:
    return [place for place in places("/admin/") if place.template not in NOT_WALKED]


def leaks(client: Client, theirs: Business, below: str = "/admin/") -> list[str]:
    """The addresses that gave away or broke something, by GET and by POST, with each of their ids."""
    ids = {*theirs.numbers(), theirs.public_ids()["ctc"], "sequences", "contact"}
    found = []
    for place in admin_places():
        for address in place.addresses(ids) if place.template.startswith(below) else ():
            for response in (client.get(address), client.post(address, _guesses(theirs))):
                body = b"".join(getattr(response, "streaming_content", None) or [response.content])
                if theirs.mark.encode() in body or response.status_code >= 500:
                    found.append(f"{response.request['REQUEST_METHOD']} {address}: {response.status_code}")
    return found


def _guesses(theirs: Business) -> dict[str, str]:
    """Names under which a page might take an id from a form, each with one of theirs."""
    rows = {model.__name__.lower(): str(row.pk) for model, row in theirs.rows.items()}
    return {
        **rows,
        **{f"{name}_id": number for name, number in rows.items()},
        "_selected_action": rows["contact"],
        "action": "subscribe",
        "workspace": str(theirs.workspace.pk),
        "sub_flow": rows["subflow"],
        "text": "hello",
    }


@pytest.mark.parametrize("role", split_by_engine(sqlite=[Role.OWNER], postgresql=[Role.EDITOR, Role.VIEWER]))
def test_a_member_of_one_workspace_finds_nothing_of_another(role: Role, mine: Business, theirs: Business) -> None:
    before = snapshot(theirs)
    assert len(admin_places()) > 40
    assert leaks(as_member(mine, role), theirs) == []
    assert snapshot(theirs) == before
    assert references_across() == []


@override_settings(ROOT_URLCONF="tests.isolation.test_admin_walk")
@pytest.mark.once("postgresql")
def test_a_planted_page_without_scoping_is_caught(mine: Business, theirs: Business) -> None:
    assert leaks(as_member(mine, Role.OWNER), theirs, below="/admin/planted/")


@pytest.mark.once("sqlite")
def test_nobody_sees_nothing(mine: Business) -> None:
    client, before = Client(raise_request_exception=False), snapshot(mine)
    assert isinstance(client.get("/accounts/login/").wsgi_request.user, AnonymousUser)
    open_to_all = {"/admin/login/", "/admin/jsi18n/"}
    for place in admin_places():
        for address in place.addresses({*mine.numbers(), "sequences"}):
            response = client.post(address, {}) if place.template not in open_to_all else client.get(address)
            assert response.status_code in (302, 400, 403, 404, 405) or place.template in open_to_all, address
            assert client.get(address).status_code in (302, 403, 404, 405) or place.template in open_to_all, address
            assert mine.mark.encode() not in client.get(address).content, address
    assert snapshot(mine) == before


@pytest.mark.once("postgresql")
def test_a_viewer_changes_nothing_anywhere(mine: Business) -> None:
    client, before = as_member(mine, Role.VIEWER), snapshot(mine)
    for place in admin_places():
        for address in place.addresses({*mine.numbers()}):
            client.get(address)
            client.post(address, _guesses(mine))
    assert snapshot(mine) == before


@pytest.mark.once("postgresql")
def test_an_editor_changes_neither_channels_nor_members_nor_keys(mine: Business) -> None:
    client, before = as_member(mine, Role.EDITOR), snapshot(mine)
    kept = {"Channel", "Membership", "Invitation", "ApiKey", "Workspace"}
    for place in admin_places():
        for address in place.addresses({*mine.numbers()}):
            client.post(address, _guesses(mine))
    after = snapshot(mine)
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}


@pytest.mark.once("sqlite")
def test_their_ids_in_my_forms_are_refused(mine: Business, theirs: Business) -> None:
    """Each choice of each of my forms is answered with their row's id."""
    client, before, tried = as_member(mine, Role.OWNER), snapshot(theirs), 0
    for place in admin_places():
        if not place.template.endswith(("/change/", "/add/")):
            continue
        for address in place.addresses(mine.numbers()):
            page = client.get(address).content.decode()
            fields = _fields(page)
            for name in [name for name, kind in fields.items() if kind == "select"]:
                for number in sorted(theirs.numbers()):
                    values = dict.fromkeys(fields, "1") | _values(page) | {name: number}
                    response = client.post(address, values)
                    assert theirs.mark not in response.content.decode(), (address, name)
                    tried += 1
    assert tried > 20
    assert references_across() == []
    assert snapshot(theirs) == before


def _fields(page: str) -> dict[str, str]:
    return {name: tag for tag, name in re.findall(r"<(select|input|textarea)\b[^>]*\bname=\"([^\"]+)\"", page)}


def _values(page: str) -> dict[str, str]:
    """The values that the page's own inputs carry, management forms included."""
    pairs = re.findall(r"<input\b[^>]*\bname=\"([^\"]+)\"[^>]*\bvalue=\"([^\"]*)\"", page)
    turned = re.findall(r"<input\b[^>]*\bvalue=\"([^\"]*)\"[^>]*\bname=\"([^\"]+)\"", page)
    return {**{name: value for value, name in turned}, **dict(pairs)}
