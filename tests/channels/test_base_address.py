"""Where credentials go: stored ones stay with the server they were given for, and travel in clear only by leave."""

from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Any

import pytest
from django.conf import LazySettings

from channels.actions.save_channel import ChannelDraft, save_channel
from channels.models import Channel
from channels.secrets import unseal
from sequencer.workspaces.actor import SYSTEM
from sequencer.workspaces.refusals import Refused
from tests.builders import a_channel, a_workspace

pytestmark = pytest.mark.once("postgresql")

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
CREDENTIALS = {"page_id": "1", "page_access_token": "canary", "app_secret": "s", "verify_token": "v"}
NEW = {name: f"new {name}" for name in CREDENTIALS}
GATEWAY = "https://gateway.example.com/meta"


@pytest.fixture
def page(db: None) -> Channel:
    return a_channel(kind="messenger", credentials=CREDENTIALS)


def change(page: Channel, settings: dict[str, Any], credentials: dict[str, str] | None = None) -> list[tuple[str, str]]:
    """What was refused of a change; [] when it was stored."""
    draft = ChannelDraft(settings=settings, credentials=credentials or {})
    try:
        save_channel(page.workspace, page, draft, now=NOW, actor=SYSTEM)
    except Refused as refused:
        return [(problem.field, str(problem.code)) for problem in refused.problems]
    return []


def stored(page: Channel) -> tuple[Any, dict[str, str]]:
    row = Channel.objects.get(pk=page.pk)
    secrets = unseal(row.credentials, workspace_id=row.workspace_id, channel_id=row.pk)
    return row.settings.get("base_url"), secrets


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, "https://mine.example.net"),
        (GATEWAY, "https://mine.example.net/meta"),  # another host
        (GATEWAY, "https://gateway.example.com:8443/meta"),  # another port: perhaps another's
        (GATEWAY, "http://gateway.example.com/meta"),  # now in clear
        (GATEWAY, "https://gateway.example.com.mine.example.net/meta"),
        (GATEWAY, None),
    ],
)
def test_another_server_never_gets_the_stored_credentials(page: Channel, before: str | None, after: str | None) -> None:
    Channel.objects.filter(pk=page.pk).update(settings={"base_url": before} if before else {})
    missing = [(f"credentials.{name}", "required") for name in CREDENTIALS]
    assert change(page, {"base_url": after}) == missing
    assert change(page, {"base_url": after}, {"verify_token": "mine"}) == missing[:3]
    assert stored(page) == (before, CREDENTIALS)
    assert change(page, {"base_url": after}, NEW) == []
    assert stored(page) == (after, NEW)


@pytest.mark.parametrize(
    "after",
    [
        GATEWAY,
        "https://gateway.example.com/elsewhere",
        "https://Gateway.Example.com:443/meta",
        "HTTPS://gateway.example.com",
    ],
)
def test_another_path_on_the_same_server_keeps_them(page: Channel, after: str) -> None:
    Channel.objects.filter(pk=page.pk).update(settings={"base_url": GATEWAY})
    assert change(page, {"base_url": after}) == []
    assert stored(page) == (after, CREDENTIALS)


@pytest.mark.parametrize(
    ("base_url", "is_taken"),
    [
        ("https://gateway.example.com", True),
        ("http://gateway.example.com", False),
        ("http://8.8.8.8", False),
        ("http://10.1.2.3:8080", True),
        ("http://11.1.2.3:8080", False),
        ("http://localhost:8080", True),
        ("http://LOCALHOST:8080", True),
        ("http://localhost.example.com", False),
        ("http://10.1.2.3.example.com", False),
        ("http://127.0.0.1:8080", True),
        ("http://[fd00::1]:8080", True),
        ("http://[2001:db8::1]:8080", False),
        ("http://intranet", False),  # a name: nobody knows what it stands for tomorrow
    ],
)
def test_credentials_go_in_clear_only_to_addresses_that_the_operator_opened(
    page: Channel, settings: LazySettings, base_url: str, is_taken: bool
) -> None:
    settings.ALLOW_PRIVATE_ADDRESSES = False
    settings.PRIVATE_NETWORKS = tuple(map(ip_network, ("10.0.0.0/8", "127.0.0.0/8", "fd00::/8")))
    assert change(page, {"base_url": base_url}, NEW) == ([] if is_taken else [("settings.base_url", "https_required")])


def test_nothing_goes_in_clear_where_nothing_was_opened(db: None, settings: LazySettings) -> None:
    settings.ALLOW_PRIVATE_ADDRESSES, settings.PRIVATE_NETWORKS = False, ()
    for address in ("http://localhost:8080", "http://127.0.0.1", "http://10.0.0.1"):
        draft = ChannelDraft("messenger", "Page", {"base_url": address}, CREDENTIALS)
        with pytest.raises(Refused, match=r"settings\.base_url: https_required"):
            save_channel(a_workspace(), None, draft, now=NOW, actor=SYSTEM)


@pytest.mark.parametrize("pace", [0.01, 1, 10_000])
def test_a_pace_between_once_in_minutes_and_ten_thousand_a_second_is_taken(page: Channel, pace: float) -> None:
    assert change(page, {"sends_per_second": pace}) == []
