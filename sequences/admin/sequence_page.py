"""What the pages round one sequence have in common: whose it is, who may open them, and the tabs above."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.formats import date_format

from sequencer.workspaces.access import visible
from sequencer.workspaces.admin.requests import access_to
from sequencer.workspaces.admin.site import site
from sequences.models import Sequence
from sequences.rules.zones import Zone


def sequence_of(request: HttpRequest, sequence_id: int, *, to_change: bool = False) -> Sequence:
    """The sequence, if it is one of this workspace; `to_change`: for editors only."""
    access = access_to(request)
    rows = visible(Sequence.objects.select_related("workspace"), access.workspace)
    found: Sequence | None = rows.filter(pk=sequence_id).first()
    if found is None:
        raise Http404
    if to_change and not access.may_change(Sequence):
        raise PermissionDenied
    return found


def page_of(request: HttpRequest, sequence: Sequence, title: Any, tab: str = "", **more: Any) -> dict[str, Any]:
    """The context of a page under a sequence's tabs."""
    return {
        **site.each_context(request),
        "title": title,
        "opts": Sequence._meta,
        "original": sequence,
        "tab": tab,
        "may_change": access_to(request).may_change(Sequence),
        **more,
    }


def clock_in(zone: Zone, at: datetime) -> str:
    """A moment on somebody's own clock, where the page says whose clock it is."""
    return date_format(at.astimezone(zone.tz), "DATETIME_FORMAT")


def moment_in(zone: Zone | None, at: datetime | None) -> str:
    """A moment on somebody's own clock, with the zone's name where it is not the workspace's."""
    if at is None:
        return ""
    if zone is None:
        return date_format(timezone.localtime(at), "DATETIME_FORMAT")
    text = clock_in(zone, at)
    here = timezone.get_current_timezone()
    is_same = isinstance(here, ZoneInfo) and here.key == zone.name
    return text if is_same else f"{text} ({zone.name})"
