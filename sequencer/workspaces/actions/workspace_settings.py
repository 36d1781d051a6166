from __future__ import annotations

import re
from datetime import datetime

from sequencer.workspaces.actions.audit import changed_fields, record_audit
from sequencer.workspaces.actor import Actor
from sequencer.workspaces.models import User, Workspace
from sequencer.workspaces.problems import Problem
from sequencer.workspaces.refusals import Refused
from sequencer.workspaces.signals import time_zone_changed
from sequencer.workspaces.transactions import in_one_transaction
from sequencer.workspaces.zones import is_valid_zone

MAX_NAME_LENGTH = 100
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")


@in_one_transaction
def save_workspace(workspace: Workspace, *, name: str, time_zone: str, now: datetime, actor: Actor) -> Workspace:
    """Store name and zone; raises Refused as `refuse_wrong_workspace` does."""
    name, time_zone = name.strip(), time_zone.strip()
    refuse_wrong_workspace(name, time_zone)
    taken = Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
    changes = changed_fields(taken, {"name": name, "time_zone": time_zone})
    if not changes:
        return taken
    taken.name, taken.time_zone = name, time_zone
    taken.save(update_fields=["name", "time_zone"])
    record_audit("changed", taken, actor=actor, now=now, changes=changes)
    if "time_zone" in changes:
        time_zone_changed.send(Workspace, workspace=taken, now=now)
    return taken


def refuse_wrong_workspace(name: str, time_zone: str) -> None:
    """Raises Refused for a name that is empty, long or cannot be stored, and for a zone nobody knows."""
    if problems := [*_check_name(name), *_check_zone(time_zone)]:
        raise Refused(problems)


def choose_workspace(user: User, workspace: Workspace) -> None:
    """The workspace that the user looks at from now on; access decides on every page whether they may."""
    User.objects.filter(pk=user.pk).update(last_workspace=workspace)


def _check_name(name: str) -> list[Problem]:
    if not name:
        return [Problem("name", "required")]
    if _UNSTORABLE.search(name):
        return [Problem("name", "invalid_character")]
    return [Problem("name", "too_long", {"max": MAX_NAME_LENGTH})] if len(name) > MAX_NAME_LENGTH else []


def _check_zone(time_zone: str) -> list[Problem]:
    if not time_zone:
        return [Problem("time_zone", "required")]
    return [] if is_valid_zone(time_zone) else [Problem("time_zone", "unknown_time_zone", {"value": time_zone[:64]})]
