"""How many sequences are at work, beside their entry in the menu."""

from __future__ import annotations

from django.http import HttpRequest

from sequencer.workspaces.access import visible
from sequencer.workspaces.admin.requests import access_to
from sequencer.workspaces.admin.site import Badge, site
from sequences.models import Sequence, SequenceState

MOST = 99


def active_sequences(request: HttpRequest) -> Badge | None:
    active = visible(Sequence.objects.all(), access_to(request).workspace).filter(state=SequenceState.ACTIVE)
    count = len(active.order_by("pk").values_list("pk", flat=True)[: MOST + 1])
    return Badge(f"{MOST}+" if count > MOST else str(count)) if count else None


site.badges["sequences.Sequence"] = active_sequences
