"""Take what is due into a run's hands, channel by channel and within each one's speed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F

from channels.backends import backend_for
from channels.models import Channel
from sequencer.stored_rows import stored_rows
from sequencer.workspaces.transactions import committed_as
from sequences.actions.channel_health import health_of, store_health
from sequences.models import Run
from sequences.rules.health import start_probe
from sequences.sql import dialect

_COLUMNS = ("id", "kind", "settings", "tokens", "tokens_at", "trouble_rounds", "trouble_until", "failing")


@dataclass(frozen=True, slots=True)
class Claimed:
    """Subscriptions of one channel, the longest due first, and the sequences that they go through.

    `is_probe`: one, to see whether the provider is back.
    """

    channel_id: int
    subscription_ids: list[int]
    sequence_ids: frozenset[int]
    is_probe: bool = False


def claim_due(run: Run, *, now: datetime, room: dict[int, int], default_room: int, limit: int) -> list[Claimed]:
    """Claim up to `limit` due subscriptions, each open channel within its room (`default_room` if unnamed)."""
    claims: list[Claimed] = []
    full = [channel for channel, left in room.items() if left <= 0]
    for channel_id in dialect().channels_with_due(now=now, besides=full):
        allowed = min(limit, room.get(channel_id, default_room))
        if allowed > 0 and (claimed := _claim_of_channel(channel_id, run, now=now, limit=allowed)):
            claims.append(claimed)
            limit -= len(claimed.subscription_ids)
        if limit <= 0:
            break
    return claims


def claim_suspect(run: Run, *, now: datetime) -> list[Claimed]:
    """One that workers died with again and again, from whichever channel lets one go."""
    for channel_id in dialect().channels_with_due(now=now, suspects=True):
        if claimed := _claim_of_channel(channel_id, run, now=now, limit=1, suspects=True):
            return [claimed]
    return []


@committed_as("claim")
def _claim_of_channel(
    channel_id: int, run: Run, *, now: datetime, limit: int, suspects: bool = False
) -> Claimed | None:
    found = stored_rows(Channel, _COLUMNS, dialect().open_channel(channel_id, _COLUMNS, now=now))
    if not found:
        return None
    channel = found[0]
    health = health_of(channel)
    tokens = _tokens(channel, now)
    allowed = max(0, min(limit, int(tokens))) if health.rounds == 0 else 1
    taken = dialect().claim(channel_id, run.pk, now=now, limit=allowed, suspects=suspects) if allowed else []
    if not taken:
        return None
    dialect().update_rows(Channel, ("tokens", "tokens_at"), [(channel_id, tokens - len(taken), now)])
    if health.rounds > 0:
        store_health(channel, start_probe(health, now=now))
    ids, sequences = [number for number, _ in taken], frozenset(sequence for _, sequence in taken)
    return Claimed(channel_id, ids, sequences, is_probe=health.rounds > 0)


def charge(tokens: Mapping[int, float]) -> None:
    """Further parts of messages that were claimed, and what weighs more than one, count against the speed too."""
    for channel_id, count in sorted(tokens.items()):
        Channel.objects.filter(pk=channel_id).update(tokens=F("tokens") - count)


def _tokens(channel: Channel, now: datetime) -> float:
    """What the channel's speed allows by now: a bucket that holds one second's worth, at least one message."""
    rate = backend_for(channel.kind).sends_per_second(channel.settings)
    full = max(rate, 1.0)
    if channel.tokens_at is None:
        return full
    passed = max(0.0, (now - channel.tokens_at).total_seconds())
    return min(full, channel.tokens + passed * rate)
