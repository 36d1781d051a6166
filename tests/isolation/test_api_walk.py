"""No endpoint shows, changes or points at anything of another workspace: ids in paths, bodies and filters."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from sequencer.workspaces.actions.api_keys import create_api_key
from sequencer.workspaces.actor import SYSTEM
from tests.isolation.walk import places
from tests.isolation.world import NOW, Business, a_business, references_across, snapshot

pytestmark = pytest.mark.django_db(transaction=True)

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@pytest.fixture
def mine() -> Business:
    return a_business("MINE", numbered_from=3_000_000)


@pytest.fixture
def theirs() -> Business:
    return a_business("SECRETLY-THEIRS", numbered_from=7_000_000)


class Caller:
    def __init__(self, key: str = "") -> None:
        self.client, self.key = Client(raise_request_exception=False), key

    def __call__(self, method: str, address: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        data = "" if body is None else json.dumps(body)
        return self.client.generic(method, address, data, content_type="application/json", headers=headers)


def api_places() -> list[Any]:
    return [place for place in places("/api/v1/") if place.name != "nothing-here"]


def bodies(business: Business) -> list[tuple[str, str, dict[str, Any]]]:
    """A right request for each endpoint that takes a body, with the business's own ids."""
    ids = business.public_ids()
    step = {"sub_flow": ids["sfl"], "delay": {"amount": 2, "unit": "hours"}, "weekdays": ["mon"], "window": None}
    contact = {"channel": ids["chn"], "address": "new"}
    return [
        ("POST", "/api/v1/actions/subscribe-to-sequence/", {"sequence": ids["seq"], "contact": {"id": ids["ctc"]}}),
        ("POST", "/api/v1/actions/subscribe-to-sequence/", {"sequence": ids["seq"], "contact": contact}),
        ("POST", "/api/v1/actions/unsubscribe-from-sequence/", {"sequence": ids["seq"], "contact": {"id": ids["ctc"]}}),
        (
            "POST",
            "/api/v1/preview/",
            {"sequence": ids["seq"], "subscribed_at": "2026-11-23T12:00:00Z", "contact": {"id": ids["ctc"]}},
        ),
        ("POST", "/api/v1/preview/", {"steps": [step], "subscribed_at": "2026-11-23T12:00:00Z", "contact": {}}),
        ("POST", "/api/v1/interactions/", {"contact": {"id": ids["ctc"]}, "kind": "message"}),
        ("POST", "/api/v1/interactions/", {"contact": contact, "kind": "message"}),
        ("POST", "/api/v1/events/", {"contact": {"id": ids["ctc"]}, "name": "order_paid"}),
        ("POST", "/api/v1/events/", {"contact": contact, "name": "order_paid"}),
        ("PATCH", f"/api/v1/sequences/{ids['seq']}/rules/", {"rules": [{"event": "paid", "verb": "start"}]}),
        (
            "POST",
            "/api/v1/bulk-jobs/",
            {"action": "subscribe", "sequence": ids["seq"], "filter": {"channel": ids["chn"], "tags": ["none"]}},
        ),
        ("POST", "/api/v1/contacts/", contact),
        ("POST", "/api/v1/webhook-endpoints/", {"url": "https://shop.example/hook"}),
        ("PATCH", f"/api/v1/webhook-endpoints/{ids['whe']}/", {"description": "x"}),
        ("POST", f"/api/v1/webhook-endpoints/{ids['whe']}/rotate-secret/", {"overlap_hours": 1}),
        ("POST", f"/api/v1/webhook-endpoints/{ids['whe']}/replay/", {"since": "2026-11-23T12:00:00Z"}),
        ("POST", "/api/v1/sequences/", {"name": "New", "channels": [ids["chn"]], "steps": [step]}),
        ("PATCH", f"/api/v1/sequences/{ids['seq']}/", {"steps": [{**step, "id": ids["stp"]}]}),
        ("PATCH", f"/api/v1/sequences/{ids['seq']}/", {"channels": [ids["chn"]]}),
        (
            "POST",
            "/api/v1/sub-flows/",
            {"name": "There", "external": {"channel": ids["chn"], "reference": "1", "name": "x"}},
        ),
        (
            "POST",
            "/api/v1/sub-flows/",
            {"name": "Act", "blocks": [{"type": "action", "action": "subscribe", "sequence": ids["seq"]}]},
        ),
    ]


def with_one_of_theirs(body: Any, mine: Business, theirs: Business) -> Iterator[Any]:
    """The body once for each id in it, that id replaced by theirs."""
    for prefix, own in mine.public_ids().items():
        text = json.dumps(body)
        if own in text:
            yield json.loads(text.replace(own, theirs.public_ids()[prefix]))


def test_right_bodies_are_taken(mine: Business) -> None:
    """Otherwise the refusals below would prove nothing."""
    call = Caller(mine.key)
    for method, address, body in bodies(mine):
        assert call(method, address, body).status_code < 300, (address, call(method, address, body).content)


@pytest.mark.once("sqlite")
def test_7_their_ids_in_a_path_are_not_found(mine: Business, theirs: Business) -> None:
    call, before, tried = Caller(mine.key), snapshot(theirs), 0
    for place in api_places():
        if not place.holes:
            continue
        for address in place.addresses(theirs.public_ids().values()):
            for method in METHODS:
                response = call(method, address, {})
                assert response.status_code in (404, 405), (method, address)
                assert theirs.mark.encode() not in response.content
                tried += 1
    assert tried > 30
    assert snapshot(theirs) == before


def test_6_their_ids_in_a_body_are_refused_on_the_field(mine: Business, theirs: Business) -> None:
    call, before, tried = Caller(mine.key), snapshot(theirs), 0
    for method, address, body in bodies(mine):
        for crossed in with_one_of_theirs(body, mine, theirs):
            response = call(method, address, crossed)
            assert response.status_code == 422, (address, crossed, response.content)
            assert response.json()["errors"][0]["field"]
            assert theirs.mark.encode() not in response.content
            tried += 1
    assert tried >= 15
    assert references_across() == []
    assert snapshot(theirs) == before


@pytest.mark.once("sqlite")
def test_lists_and_filters_show_only_what_is_mine(mine: Business, theirs: Business) -> None:
    call = Caller(mine.key)
    for place in api_places():
        if place.holes:
            continue
        names = ["", *(f"?{name}={number}" for name in FILTERS for number in theirs.public_ids().values())]
        for query in names:
            response = call("GET", place.template + query)
            assert theirs.mark.encode() not in response.content, place.template + query
            assert response.status_code < 500


FILTERS = ("sequence", "contact", "channel", "subscription", "step", "workspace", "id", "search", "cursor", "endpoint")


def test_3_workspace_is_no_field_of_any_body(mine: Business, theirs: Business) -> None:
    call = Caller(mine.key)
    for method, address, body in bodies(mine):
        response = call(method, address, {**body, "workspace": theirs.public_ids()["wsp"]})
        assert response.status_code == 422, address
        assert [error["field"] for error in response.json()["errors"]] == ["workspace"]


@pytest.mark.once("postgresql")
def test_nobody_and_a_wrong_key_are_turned_away(mine: Business) -> None:
    for key in ("", "rubbish", mine.key[:-1] + ("0" if mine.key[-1] != "0" else "1")):
        call = Caller(key)
        for place in api_places():
            for address in list(place.addresses(mine.public_ids().values()))[:1]:
                for method in METHODS:
                    assert call(method, address, {}).status_code == 401, (key, method, address)


@pytest.mark.once("sqlite")
@pytest.mark.parametrize("scope", ["read", "actions", "manage"])
def test_each_scope_opens_what_is_documented_and_no_more(scope: str, mine: Business) -> None:
    """Every address of the configuration x every method: 405 where there is none, 403 where the scope is too small."""
    _, key = create_api_key(mine.workspace, name="one scope", scopes=[scope], actor=SYSTEM, now=NOW)
    call, table, tried = Caller(key), documented_scopes(), 0
    for place in api_places():
        methods = table[place.template.removeprefix("/api/v1/")]
        for address in list(place.addresses(mine.public_ids().values()))[:1]:
            for method in METHODS:
                status = call(method, address, {}).status_code
                needed = methods.get(method)
                if needed is None:
                    assert status in (403, 405), (method, address, status)
                else:
                    assert (status == 403) == (scope not in needed), (method, address, status)
                tried += 1
    assert tried > 100


def documented_scopes() -> dict[str, dict[str, set[str]]]:
    """docs/api.md: address -> method -> the scopes of which one is enough."""
    page = (Path(__file__).parents[2] / "docs/api.md").read_text()
    rows = re.findall(r"^\| `([^`]+)` \| ([A-Z, ]+) \| ([a-z, or]+) \|", page, re.MULTILINE)
    table: dict[str, dict[str, set[str]]] = {}
    for address, methods, scopes in rows:
        for method in methods.split(", "):
            table.setdefault(address, {})[method] = set(re.findall(r"read|actions|manage", scopes))
    return table
