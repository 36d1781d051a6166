from __future__ import annotations

from datetime import datetime
from zoneinfo import available_timezones

from django.db import transaction

from sequencer.workspaces.actions.audit import changed_fields, record_audit
from sequencer.workspaces.actor import Actor
from sequencer.workspaces.models import User, Workspace
from sequencer.workspaces.problems import Problem
from sequencer.workspaces.refusals import Refused
from sequencer.workspaces.signals import time_zone_changed

MAX_NAME_LENGTH = 100


@transaction.atomic
def save_workspace(workspace: Workspace, *, name: str, time_zone: str, now: datetime, actor: Actor) -> Workspace:
    """Store name and zone; raises Refused for an empty or long name and for a zone nobody knows."""
    name, time_zone = name.strip(), time_zone.strip()
    problems = [*_check_name(name), *_check_zone(time_zone)]
    if problems:
        raise Refused(problems)
    taken = Workspace.objects.select_for_update().get(pk=workspace.pk)
    changes = changed_fields(taken, {"name": name, "time_zone": time_zone})
    if not changes:
        return taken
    taken.name, taken.time_zone = name, time_zone
    taken.save(update_fields=["name", "time_zone"])
    record_audit("changed", taken, actor=actor, now=now, changes=changes)
    if "time_zone" in changes:
        time_zone_changed.send(Workspace, workspace=taken, now=now)
    return taken


def choose_workspace(user: User, workspace: Workspace) -> None:
    """The workspace that the user looks at from now on; access decides on every page whether they may."""
    User.objects.filter(pk=user.pk).update(last_workspace=workspace)


def _check_name(name: str) -> list[Problem]:
    if not name:
        return [Problem("name", "required")]
    return [Problem("name", "too_long", {"max": MAX_NAME_LENGTH})] if len(name) > MAX_NAME_LENGTH else []


def _check_zone(time_zone: str) -> list[Problem]:
    if not time_zone:
        return [Problem("time_zone", "required")]
    is_known = time_zone in available_timezones() - {"localtime", "Factory", "posixrules"}
    return [] if is_known else [Problem("time_zone", "unknown_time_zone", {"value": time_zone[:64]})]
