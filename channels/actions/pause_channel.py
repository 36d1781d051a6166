"""Pause a channel, by hand or for its account's trouble, and resume it; what waits keeps its place."""

from __future__ import annotations

from datetime import datetime

from channels.models import Channel, ChannelState, PausedBecause
from sequencer.workspaces.actions.audit import record_audit
from sequencer.workspaces.actor import SYSTEM, Actor
from sequencer.workspaces.transactions import in_one_transaction


@in_one_transaction
def pause_channel(channel: Channel, *, now: datetime, actor: Actor) -> Channel:
    """Nothing more leaves through it; one that the account's trouble paused stays paused for that reason."""
    won = Channel.objects.filter(pk=channel.pk, state=ChannelState.ACTIVE).update(
        state=ChannelState.PAUSED, paused_because=PausedBecause.BY_HAND, paused_detail="", paused_at=now
    )
    if won:
        record_audit("paused", channel, actor=actor, now=now)
    return Channel.objects.get(pk=channel.pk)


def pause_by_account(channel_id: int, *, because: str, detail: str, now: datetime) -> None:
    """The account is the trouble: the channel pauses itself, its messages keep their place, the owners will be told."""
    paused = Channel.objects.filter(pk=channel_id, state=ChannelState.ACTIVE).update(
        state=ChannelState.PAUSED,
        paused_because=because,
        paused_detail=detail[:300],
        paused_at=now,
        owners_told_at=None,
    )
    if paused:
        channel = Channel.objects.get(pk=channel_id)
        record_audit("paused", channel, actor=SYSTEM, now=now, changes={"paused_because": ["", because]})


@in_one_transaction
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
