"""Every place where somebody may write down an address that we would call: what lies inside is refused on its field."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from drf_spectacular.generators import SchemaGenerator

from channels.actions.channel_settings import check_settings
from channels.backends import backend_for, kinds
from channels.backends.base import SettingKind
from channels.reach import leads_inside
from channels.transports.spelled import spelled_address
from sequences.actions.webhook_endpoints import _problems
from sequences.models import WebhookEndpoint
from tests.channels.test_no_way_inside import VECTORS

ROOT = Path(__file__).resolve().parents[2]
REFUSALS = {"address_forbidden", "https_required", "invalid_url", "invalid_format"}


@pytest.fixture(autouse=True)
def _closed(settings: LazySettings) -> None:
    settings.ALLOW_PRIVATE_ADDRESSES, settings.PRIVATE_NETWORKS = False, ()


def called_settings() -> Iterator[tuple[str, str, str]]:
    """(kind, setting, what stands before the host) of each setting of each kind that says where calls go."""
    for kind in kinds():
        backend = backend_for(kind)
        if backend.has_base_url:
            yield kind, "base_url", "https://"
        for setting in backend.own_settings:
            if setting.kind in (SettingKind.URL, SettingKind.HOST):
                yield kind, setting.name, "https://" if setting.kind == SettingKind.URL else ""


@pytest.mark.parametrize("host", VECTORS)
def test_4_no_setting_of_any_kind_of_channel_leads_inside(host: str) -> None:
    tried = 0
    for kind, name, before in called_settings():
        text = f"{before}{host}" if before else host.strip("[]")
        wrong = {problem.field: problem.code for problem in check_settings(kind, {name: text})}
        assert wrong.get(f"settings.{name}") in REFUSALS, (kind, name, text)
        tried += 1
    assert tried > 8


@pytest.mark.parametrize("host", VECTORS)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_4_no_webhook_endpoint_leads_inside(host: str, scheme: str) -> None:
    row = WebhookEndpoint(url=f"{scheme}://{host}/hook", description="", event_types=[])
    assert [problem.field for problem in _problems(row)] == ["url"]


# Where the API takes an address that is called; those of sub-flows are handed to the provider, which fetches them.
CALLED = {"/api/v1/webhook-endpoints/ url", "/api/v1/webhook-endpoints/{id}/ url"}
HANDED_ON = {"/api/v1/sub-flows/ url", "/api/v1/sub-flows/{id}/ url"}
BY_KIND = {"/api/v1/channels/ settings", "/api/v1/channels/{id}/ settings"}  # the walk over all kinds above


@pytest.mark.once("sqlite")
def test_4_the_api_takes_an_address_nowhere_else() -> None:
    schema = SchemaGenerator().get_schema(request=None, public=True)
    found = set()
    for path, operations in schema["paths"].items():
        for operation in operations.values():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                names = set(_names(content["schema"], schema["components"]["schemas"], frozenset()))
                found |= {f"{path} {name}" for name in names if name == "settings" or _is_an_address(name)}
    assert found - HANDED_ON == CALLED | BY_KIND


def _is_an_address(name: str) -> bool:
    return any(part in ("url", "uri", "host", "endpoint", "callback", "link") for part in name.lower().split("_"))


def _names(schema: dict[str, Any], known: dict[str, Any], seen: frozenset[str]) -> Iterator[str]:
    reference = schema.get("$ref", "").rpartition("/")[2]
    if reference and reference not in seen:
        yield from _names(known[reference], known, seen | {reference})
    for name, inner in schema.get("properties", {}).items():
        yield name
        yield from _names(inner, known, seen)
    for inner in [schema.get("items"), *schema.get("allOf", ()), *schema.get("anyOf", ()), *schema.get("oneOf", ())]:
        if isinstance(inner, dict):
            yield from _names(inner, known, seen)


# What opens connections, and who may: the doors, and what listens on this machine. The others say its name.
OPENERS = {"socket", "ssl", "pycurl", "requests", "urllib.request", "http.client", "httpx", "aiohttp", "smtplib"}
DOORS = {"channels/transports", "sequencer/management/commands/serve.py"}
KNOWN = dict.fromkeys(("sequences/watchdog.py", "sequences/processes.py", "sequences/tasks.py"), {"socket"})


@pytest.mark.once("sqlite")
def test_8_nothing_but_the_doors_opens_a_connection() -> None:
    for file in [path for app in ("channels", "sequences", "sequencer") for path in (ROOT / app).rglob("*.py")]:
        name = file.relative_to(ROOT).as_posix()
        opened = set(_imported(ast.parse(file.read_text()))) & OPENERS
        if any(name.startswith(door) for door in DOORS):
            continue
        assert opened <= KNOWN.get(name, set()), name


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            names = [one.name for one in node.names if not one.name.endswith(("Error", "Exception"))]
            yield from ([node.module or ""] if names else [])
            yield from (f"{node.module}.{name}" for name in names)


@pytest.mark.parametrize(
    "host", ["gateway.example.com", "8.8.8.8", "[2606:4700:4700::1111]", "localhost.example.com", ""]
)
def test_what_lies_outside_is_taken(host: str) -> None:
    assert not leads_inside(host)


def test_what_the_operator_opened_is_taken_and_its_neighbours_are_not(settings: LazySettings) -> None:
    settings.PRIVATE_NETWORKS = (ip_network("10.1.0.0/16"), ip_network("127.0.0.1/32"))
    assert [leads_inside(host) for host in ("10.1.2.3", "0xa010203", "localhost")] == [False] * 3
    assert [leads_inside(host) for host in ("10.2.0.1", "127.0.0.2", "[::1]")] == [True] * 3
    settings.ALLOW_PRIVATE_ADDRESSES = True
    assert not leads_inside("10.2.0.1")


def test_a_name_is_no_address_until_it_is_resolved() -> None:
    assert spelled_address("intranet") is None
    assert spelled_address("127.0.0.1.example.com") is None
    assert spelled_address("LocalHost.") == "127.0.0.1"
    assert spelled_address("api.localhost") == "127.0.0.1"
