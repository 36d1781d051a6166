"""A provider that calls our webhook in the same process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.test import Client

from channels.models import Channel
from sequencer.workspaces.models import Workspace
from tests.builders import a_channel
from tests.doubles.graph_events import CREDENTIALS, post_of, signature


def a_webhook_page(workspace: Workspace | None = None, **settings: Any) -> Channel:
    return a_channel(workspace, kind="messenger", credentials=CREDENTIALS, settings=settings)


def address_of(channel: Channel) -> str:
    return f"/webhooks/{channel.kind}/{channel.public_id}/"


def post(channel: Channel, body: bytes, signed: str | None = None, **headers: str) -> int:
    """The status of one post, rightly signed unless told."""
    given = {"X-Hub-Signature-256": signature(body) if signed is None else signed, **headers}
    client = Client(raise_request_exception=False)
    answer = client.post(address_of(channel), body, content_type="application/json", headers=given)
    return answer.status_code


def happens(channel: Channel, *events: dict[str, Any]) -> None:
    """Meta tells us of these events in one post, and we take it."""
    assert post(channel, post_of(*events)) == 200


def in_process(url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
    """A provider's call to the address that it was told, without a server between."""
    parts = urlsplit(url)
    others = {name: value for name, value in headers.items() if name != "Content-Type"}
    client = Client(raise_request_exception=False)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    answer = client.post(path, body, content_type=headers["Content-Type"], headers=others)
    return answer.status_code, answer.content
