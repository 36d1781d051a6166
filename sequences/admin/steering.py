"""What the page of a person offers for the next message of a sequence: later, or another one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sequencer.workspaces.admin.requests import actor_of, number_of
from sequencer.workspaces.admin.site import site
from sequencer.workspaces.refusals import Conflict, Refused
from sequences.actions.steer_subscription import move_to_step, postpone
from sequences.models import Subscription

# Hours, and how people call them.
LONGER: tuple[tuple[int, Any], ...] = (
    (1, gettext_lazy("1 hour later")),
    (24, gettext_lazy("1 day later")),
    (72, gettext_lazy("3 days later")),
    (168, gettext_lazy("1 week later")),
)


def steer(request: HttpRequest, row: Subscription) -> None:
    """Do what was asked for, and tell how it went."""
    hours, step = number_of(request.POST.get("longer")), number_of(request.POST.get("step"))
    now, actor = timezone.now(), actor_of(request)
    try:
        if step:
            move_to_step(row, step, now=now, actor=actor)
            messages.success(request, _("The next message is another one now; its countdown has begun."))
        elif hours in dict(LONGER):
            postpone(row, by=timedelta(hours=hours), now=now, actor=actor)
            messages.success(request, _("The next message goes later."))
    except Refused as refused:
        messages.error(request, str(site.explain(refused.problems[0].code, refused.problems[0].params)))
    except Conflict as conflict:
        messages.error(request, str(site.explain(conflict.code, {})))
