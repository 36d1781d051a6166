from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sequencer.workspaces.actor import Actor
from sequencer.workspaces.models import AuditEvent, TenantModel, Workspace


def record_audit(
    verb: str, row: TenantModel | Workspace, *, actor: Actor, now: datetime, changes: Mapping[str, Any] | None = None
) -> None:
    """Write one audit event about `row`, in the caller's transaction.

    `changes` maps field names to [before, after] and must hold no secret; long texts are cut.
    """
    workspace_id = row.pk if isinstance(row, Workspace) else row.workspace_id
    AuditEvent.objects.create(
        workspace_id=workspace_id,
        at=now,
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_label=actor.label[:200],
        ip_address=actor.ip_address,
        request_id=actor.request_id[:64],
        verb=verb,
        object_kind=row._meta.model_name or "",
        object_id=row.pk,
        object_label=str(row)[:200],
        changes=dict(changes or {}),
    )


def forget_in_audit(row: TenantModel, *, kind: str = "", ids: Iterable[int] | None = None) -> None:
    """Take names and values out of what was written about a row, or about the rows of `kind` with these ids."""
    events = AuditEvent.objects.filter(workspace=row.workspace_id, object_kind=kind or row._meta.model_name)
    events.filter(object_id__in=[row.pk] if ids is None else list(ids)).update(object_label="", changes={})


def changed_fields(row: Any, values: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The differences between a row and what is about to be stored, as `{field: [before, after]}` in plain text."""
    return {
        name: [_plain(getattr(row, name)), _plain(value)]
        for name, value in values.items()
        if getattr(row, name) != value
    }


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float) else str(value)[:500]
