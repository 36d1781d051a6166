"""Where a workspace wants to be told: endpoints are made, changed, switched off and on, and taken away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from channels.actions.base_addresses import may_be_plain
from channels.reach import leads_inside
from sequencer.workspaces.actions.audit import changed_fields, record_audit
from sequencer.workspaces.actor import Actor
from sequencer.workspaces.models import Workspace
from sequencer.workspaces.refusals import Refused
from sequencer.workspaces.transactions import in_one_transaction
from sequences.actions.webhook_secrets import first_secret
from sequences.models import DisabledBecause, EndpointState, WebhookEndpoint
from sequences.rules.outgoing import CHOOSABLE
from sequences.rules.problems import Problem
from sequences.rules.web_addresses import is_web_address

MOST_ENDPOINTS = 50
MAX_DESCRIPTION = 200
# What an endpoint is: everything else follows from what happens.
FIELDS = ("url", "description", "event_types")


@in_one_transaction
def create_endpoint(
    workspace: Workspace, values: Mapping[str, Any], *, now: datetime, actor: Actor
) -> tuple[WebhookEndpoint, str]:
    """A new endpoint and its secret, which is shown this once. Raises Refused."""
    row = WebhookEndpoint(workspace=workspace, created_at=now)
    _write(row, values)
    if WebhookEndpoint.objects.in_workspace(workspace).count() >= MOST_ENDPOINTS:
        raise Refused([Problem("url", "too_many", {"max": MOST_ENDPOINTS})])
    row.save()
    secret = first_secret(row)
    record_audit("created", row, actor=actor, now=now, changes={"url": [None, row.url]})
    return row, secret


@in_one_transaction
def change_endpoint(
    endpoint: WebhookEndpoint, values: Mapping[str, Any], *, now: datetime, actor: Actor
) -> WebhookEndpoint:
    """Write address, description and event types. Raises Refused."""
    row: WebhookEndpoint = WebhookEndpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)
    changes = changed_fields(row, {name: values[name] for name in FIELDS if name in values})
    _write(row, values)
    if changes:
        row.save(update_fields=list(FIELDS))
        record_audit("changed", row, actor=actor, now=now, changes=changes)
    return row


@in_one_transaction
def disable_endpoint(
    endpoint: WebhookEndpoint, *, because: DisabledBecause, now: datetime, actor: Actor, detail: str = ""
) -> bool:
    """Nothing more is sent to it; False when it was disabled already.

    For one that only fails, what happens goes on being kept: it goes out when somebody enables it.
    """
    switched = WebhookEndpoint.objects.filter(pk=endpoint.pk, state=EndpointState.ACTIVE).update(
        state=EndpointState.DISABLED,
        disabled_because=because,
        is_recording=because == DisabledBecause.FAILING,
        owners_told_at=now if because == DisabledBecause.BY_HAND else None,
    )
    if switched:
        record_audit("disabled", endpoint, actor=actor, now=now, changes={"disabled_because": [None, because.value]})
    return bool(switched)


@in_one_transaction
def enable_endpoint(endpoint: WebhookEndpoint, *, now: datetime, actor: Actor) -> bool:
    """What waited for it goes out, and what happens from now on; False when it was enabled already."""
    switched = WebhookEndpoint.objects.filter(pk=endpoint.pk, state=EndpointState.DISABLED).update(
        state=EndpointState.ACTIVE,
        disabled_because="",
        is_recording=True,
        failing_since=None,
        rests_until=None,
        owners_told_at=None,
    )
    if switched:
        record_audit("enabled", endpoint, actor=actor, now=now)
    return bool(switched)


@in_one_transaction
def remove_endpoint(endpoint: WebhookEndpoint, *, now: datetime, actor: Actor) -> None:
    """Take it away with its log; what has not been sent is not sent any more."""
    record_audit("removed", endpoint, actor=actor, now=now, changes={"url": [endpoint.url, None]})
    WebhookEndpoint.objects.filter(pk=endpoint.pk).delete()


def _write(row: WebhookEndpoint, values: Mapping[str, Any]) -> None:
    for name in FIELDS:
        if name in values:
            setattr(row, name, values[name])
    if problems := list(_problems(row)):
        raise Refused(problems)


def _problems(row: WebhookEndpoint) -> Iterator[Problem]:
    if not row.url:
        yield Problem("url", "required")
    elif not is_web_address(row.url) or "@" in urlsplit(row.url).netloc:
        yield Problem("url", "invalid_url")
    elif urlsplit(row.url).scheme.lower() != "https" and not may_be_plain(row.url):
        yield Problem("url", "https_required")
    elif leads_inside(urlsplit(row.url).hostname or ""):
        yield Problem("url", "address_forbidden")
    if len(row.description) > MAX_DESCRIPTION:
        yield Problem("description", "too_long", {"max": MAX_DESCRIPTION})
    for place, word in enumerate(row.event_types):
        if word not in CHOOSABLE:
            yield Problem(f"event_types.{place}", "unknown_choice", {"value": str(word)[:50]})
    if len(set(row.event_types)) < len(row.event_types):
        yield Problem("event_types", "duplicate")
