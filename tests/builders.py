"""Plain builders: each stores one thing that is right, and takes only what a test is about."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from collections.abc import Sequence as Rows
from datetime import UTC, datetime
from typing import Any

from channels.models import Channel, Contact
from channels.secrets import seal
from sequencer.workspaces.actions.api_keys import create_api_key
from sequencer.workspaces.actor import SYSTEM
from sequencer.workspaces.models import Membership, Role, Scope, User, Workspace
from sequences.models import Sequence, Step, SubFlow

LONG_AGO = datetime(2026, 1, 1, 12, tzinfo=UTC)
_numbers = itertools.count(1)


def a_workspace(name: str = "", time_zone: str = "UTC") -> Workspace:
    return Workspace.objects.create(
        name=name or f"Workspace {next(_numbers)}", time_zone=time_zone, created_at=LONG_AGO
    )


def a_member(workspace: Workspace, role: Role = Role.OWNER, email: str = "", password: str = "a long password") -> User:
    user = User.objects.create_user(email or f"person{next(_numbers)}@example.com", password)
    Membership.objects.create(workspace=workspace, user=user, role=role, created_at=LONG_AGO)
    return user


def an_api_key(workspace: Workspace, scopes: Iterable[str] = tuple(Scope.values)) -> str:
    """The key's full text."""
    return create_api_key(workspace, name="test", scopes=scopes, actor=SYSTEM, now=LONG_AGO)[1]


def a_channel(
    workspace: Workspace | None = None,
    kind: str = "sandbox",
    credentials: Mapping[str, str] | None = None,
    **fields: Any,
) -> Channel:
    channel = Channel.objects.create(
        workspace=workspace or a_workspace(),
        kind=kind,
        **{"name": f"Channel {next(_numbers)}", "created_at": LONG_AGO, **fields},
    )
    if credentials:
        channel.credentials = seal(dict(credentials), workspace_id=channel.workspace_id, channel_id=channel.pk)
        channel.save(update_fields=["credentials"])
    return channel


def a_contact(channel: Channel | None = None, address: str = "", **fields: Any) -> Contact:
    channel = channel or a_channel()
    return Contact.objects.create(
        workspace_id=channel.workspace_id,
        channel=channel,
        address=address or f"person-{next(_numbers)}",
        **{"created_at": LONG_AGO, **fields},
    )


def a_sub_flow(workspace: Workspace | None = None, text: str = "Hello!", **fields: Any) -> SubFlow:
    values = {
        "name": f"Sub-flow {next(_numbers)}",
        "blocks": [{"type": "text", "text": text}],
        "created_at": LONG_AGO,
        "updated_at": LONG_AGO,
    }
    return SubFlow.objects.create(workspace=workspace or a_workspace(), **{**values, **fields})


def a_step(sequence: Sequence, **fields: Any) -> Step:
    """A step at the end of the sequence; immediate, at any time, with a sub-flow of its own unless told."""
    if "sub_flow" not in fields:
        fields["sub_flow"] = a_sub_flow(sequence.workspace)
    position = sequence.steps.count()
    return Step.objects.create(
        **{"workspace": sequence.workspace, "sequence": sequence, "position": position, **fields}
    )


def a_sequence(
    workspace: Workspace | None = None, steps: Rows[Mapping[str, Any]] = ({},), name: str = "", **fields: Any
) -> Sequence:
    """An active sequence; each of `steps` is a mapping of the fields of one step."""
    sequence = Sequence.objects.create(
        workspace=workspace or a_workspace(),
        name=name or f"Sequence {next(_numbers)}",
        **{"created_at": LONG_AGO, "updated_at": LONG_AGO, **fields},
    )
    for step in steps:
        a_step(sequence, **step)
    return sequence
