"""Pause a channel by hand and resume it; what waits keeps its place and goes within its own window."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from channels.models import Channel, ChannelState, PausedBecause
from sequencer.workspaces.actions.audit import record_audit
from sequencer.workspaces.actor import Actor


@transaction.atomic
def pause_channel(channel: Channel, *, now: datetime, actor: Actor) -> Channel:
    """Nothing more leaves through it; one that the account's trouble paused stays paused for that reason."""
    won = Channel.objects.filter(pk=channel.pk, state=ChannelState.ACTIVE).update(
        state=ChannelState.PAUSED, paused_because=PausedBecause.BY_HAND, paused_detail="", paused_at=now
    )
    if won:
        record_audit("paused", channel, actor=actor, now=now)
    return Channel.objects.get(pk=channel.pk)


@transaction.atomic
def resume_channel(channel: Channel, *, now: datetime, actor: Actor) -> Channel:
    """What waited goes; whatever was known of trouble is forgotten, the next answers tell anew."""
    won = Channel.objects.filter(pk=channel.pk, state=ChannelState.PAUSED).update(
        state=ChannelState.ACTIVE,
        paused_because="",
        paused_detail="",
        paused_at=None,
        owners_told_at=None,
        trouble_until=None,
        trouble_rounds=0,
        failing=[],
    )
    if won:
        record_audit("resumed", channel, actor=actor, now=now)
    return Channel.objects.get(pk=channel.pk)
