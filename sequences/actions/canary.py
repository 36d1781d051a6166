"""The canary: a person of the installation's own who is sent a message each minute, so that a silence shows.

It lives in a workspace without members, which nobody sees, in a sandbox channel.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from channels.models import Channel, Contact, SandboxMessage
from sequencer.workspaces.actor import SYSTEM
from sequencer.workspaces.models import Workspace
from sequencer.workspaces.transactions import in_one_transaction
from sequences.actions.subscribe import subscribe
from sequences.models import Installation, Sequence, Step, SubFlow, Subscription, SubscriptionState
from sequences.models.installation import THE_ONE

EVERY = timedelta(minutes=1)
KEPT_FOR = timedelta(hours=1)
NAME = "Canary"


def start_canary(*, now: datetime) -> bool:
    """Set it off if a minute has passed; whether it was us. The first call makes all that it needs."""
    installation = Installation.the_one()
    is_due = Q(canary_started_at=None) | Q(canary_started_at__lte=now - EVERY)
    if not Installation.objects.filter(is_due, pk=installation.pk).update(canary_started_at=now):
        return False
    workspace = installation.canary_workspace or _settle_in(now=now)
    subscribe(
        Sequence.objects.get(workspace=workspace), [Contact.objects.get(workspace=workspace)], now=now, actor=SYSTEM
    )
    _forget(workspace, now=now)
    return True


@in_one_transaction
def _settle_in(*, now: datetime) -> Workspace:
    """Its workspace, once; whoever comes second finds it there."""
    installation = Installation.objects.select_for_update().get(pk=THE_ONE)
    if installation.canary_workspace is not None:
        return installation.canary_workspace
    workspace = Workspace.objects.create(name=NAME, created_at=now)
    channel = Channel.objects.create(
        workspace=workspace, kind="sandbox", name=NAME, settings={"reply_window": False}, created_at=now
    )
    Contact.objects.create(workspace=workspace, channel=channel, address=NAME, created_at=now)
    sub_flow = SubFlow.objects.create(
        workspace=workspace, name=NAME, blocks=[{"type": "text", "text": NAME}], created_at=now, updated_at=now
    )
    sequence = Sequence.objects.create(workspace=workspace, name=NAME, created_at=now, updated_at=now)
    Step.objects.create(workspace=workspace, sequence=sequence, sub_flow=sub_flow, position=0)
    Installation.objects.filter(pk=THE_ONE).update(canary_workspace=workspace)
    return workspace


def last_sung_at() -> datetime | None:
    """When it last came all the way: claimed, sent, recorded, ended."""
    canary = Installation.objects.filter(pk=THE_ONE).values("canary_workspace")
    ended = Subscription.objects.filter(workspace__in=canary, state=SubscriptionState.COMPLETED)
    last: datetime | None = ended.order_by("-ended_at").values_list("ended_at", flat=True).first()
    return last


def _forget(workspace: Workspace, *, now: datetime) -> None:
    """What is older than an hour tells nothing more; the last one stays, for its age does."""
    old = Subscription.objects.in_workspace(workspace).exclude(state=SubscriptionState.ACTIVE)
    last = old.order_by("-ended_at").values_list("pk", flat=True).first()
    old.filter(ended_at__lte=now - KEPT_FOR).exclude(pk=last).delete()
    SandboxMessage.objects.in_workspace(workspace).filter(at__lte=now - KEPT_FOR).delete()
