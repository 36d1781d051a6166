"""Connect a channel, or change its name, settings and credentials."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from channels.actions.channel_settings import check_credentials, check_settings, place
from channels.actions.former_secret import with_former, without_former
from channels.backends import KINDS, backend_for
from channels.models import Channel
from channels.secrets import SecretsUnreadable, seal, unseal
from sequencer.workspaces.actions.audit import changed_fields, record_audit
from sequencer.workspaces.actor import Actor
from sequencer.workspaces.models import Workspace
from sequencer.workspaces.problems import Problem
from sequencer.workspaces.refusals import Refused
from sequencer.workspaces.transactions import in_one_transaction

MAX_NAME = 100


@dataclass(frozen=True, slots=True)
class ChannelDraft:
    """What is given of `settings` and `credentials` joins what is stored; a null takes a setting away.

    `name` None keeps it, `kind` matters only for a new channel. A base address on another server needs all credentials.
    """

    kind: str = ""
    name: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)


@in_one_transaction
def save_channel(
    workspace: Workspace, channel: Channel | None, draft: ChannelDraft, *, now: datetime, actor: Actor
) -> Channel:
    """Store a new channel (`channel` None) or the change of one. Raises Refused with every problem found."""
    if channel is None:
        _refuse_unknown_kind(draft.kind)
    row = _taken(channel) if channel else Channel(workspace=workspace, kind=draft.kind, created_at=now)
    name = row.name if draft.name is None else draft.name.strip()
    settings = _joined(row.settings, draft.settings)
    # What is stored never follows to another server: only who knows the credentials may have them sent there.
    is_moved = place(row.kind, settings) != place(row.kind, row.settings)
    stored = {} if is_moved else _stored_credentials(row)
    credentials = {**without_former(stored), **draft.credentials}
    problems = [*_check_name(name), *check_settings(row.kind, settings)]
    if channel is None or is_moved or draft.credentials:
        problems += check_credentials(backend_for(row.kind), credentials, settings)
    if problems:
        raise Refused(problems)
    changes = changed_fields(row, {"name": name, "settings": settings})
    row.name, row.settings = name, settings
    # Health and pace are the engine's columns: an edit never writes back what it read of them.
    row.save(update_fields=["name", "settings"] if channel else None)
    if draft.credentials or (is_moved and row.credentials):
        _seal(row, with_former(stored, credentials, settings, now=now))
        changes["credentials"] = [None, "…"]
    if channel is None or changes:
        record_audit("changed" if channel else "created", row, actor=actor, now=now, changes=changes)
    return row


def _refuse_unknown_kind(kind: str) -> None:
    if kind not in KINDS:
        raise Refused([Problem("kind", "unknown_kind" if kind else "required", {"value": kind[:50]})])


def _taken(channel: Channel) -> Channel:
    taken: Channel = Channel.objects.select_for_update(no_key=True).get(pk=channel.pk)
    return taken


def _joined(stored: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**stored, **given}.items() if value is not None}


def _stored_credentials(row: Channel) -> dict[str, str]:
    """What can be read of them; a lost key must not keep an owner from giving all of them anew."""
    try:
        return unseal(row.credentials, workspace_id=row.workspace_id, channel_id=row.pk or 0)
    except SecretsUnreadable:
        return {}


def _seal(row: Channel, credentials: Mapping[str, str]) -> None:
    row.credentials = seal(dict(credentials), workspace_id=row.workspace_id, channel_id=row.pk)
    row.save(update_fields=["credentials"])


def _check_name(name: str) -> list[Problem]:
    if not name:
        return [Problem("name", "required")]
    return [Problem("name", "too_long", {"max": MAX_NAME})] if len(name) > MAX_NAME else []
