"""What the first page asks of the database: nothing that grows with the people behind it.

Counting stops at MOST rows a question; whoever has more reads "2,000+".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from channels.models import Channel, Contact
from sequencer.workspaces.access import visible
from sequencer.workspaces.models import Workspace
from sequences.admin.sequence_counts import with_counts
from sequences.models import Delivery, Run, Sequence, Subscription
from sequences.rules.attention import ChannelSeen, Seen
from sequences.rules.day import Coming, Day, coming, day_of

MOST = 2_000
MOST_OF_A_DAY = 5_000
MOST_CHANNELS = 12
WEEK = timedelta(days=7)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@dataclass(slots=True)
class Figures:
    """`is_day_cut`, `is_coming_cut`: there was more than was counted."""

    seen: Seen
    day: Day
    is_day_cut: bool
    coming: list[tuple[Sequence, Coming]]
    is_coming_cut: bool
    recent: list[Sequence]


def figures_of(workspace: Workspace, *, now: datetime, midnight: datetime) -> Figures:
    """`midnight`: of the day that `now` is in, in the workspace's zone."""
    decided = list(
        visible(Delivery.objects.all(), workspace).order_by("-id").values_list("state", "decided_at")[:MOST_OF_A_DAY]
    )
    wrote = visible(Contact.objects.all(), workspace).filter(last_interaction_at__gte=midnight)
    wrote_at = list(
        wrote.order_by("-last_interaction_at").values_list("last_interaction_at", flat=True)[:MOST_OF_A_DAY]
    )
    channels, due, is_cut = _channels_and_due(workspace, now)
    return Figures(
        seen=_seen(now, channels, decided),
        day=day_of(decided, wrote_at, start=midnight),
        is_day_cut=MOST_OF_A_DAY in (len(wrote_at), sum(at >= midnight for _, at in decided)),
        coming=_by_sequence(workspace, coming(due, now=now, midnight=midnight + DAY)),
        is_coming_cut=is_cut,
        recent=list(with_counts(visible(Sequence.objects.in_use(), workspace)).order_by("-updated_at", "-id")[:5]),
    )


def _channels_and_due(
    workspace: Workspace, now: datetime
) -> tuple[tuple[ChannelSeen, ...], list[tuple[int, datetime]], bool]:
    """One question a channel: each is answered by the index that the dispatcher uses, from its beginning."""
    seen, due, is_cut = [], [], False
    for channel in visible(Channel.objects.all(), workspace).order_by("pk")[:MOST_CHANNELS]:
        ahead = Subscription.objects.filter(channel=channel, next_send_at__lte=now + WEEK, run=None)
        rows = list(ahead.order_by("next_send_at").values_list("sequence_id", "next_send_at")[:MOST])
        seen.append(_channel(channel, [at for _, at in rows if at is not None and at <= now]))
        due += [(sequence_id, at) for sequence_id, at in rows if at is not None]
        is_cut = is_cut or len(rows) == MOST
    return tuple(seen), due, is_cut


def _channel(channel: Channel, due: list[datetime]) -> ChannelSeen:
    return ChannelSeen(
        channel.pk,
        channel.name,
        is_paused=channel.is_paused,
        paused_because=channel.paused_because,
        paused_at=channel.paused_at,
        trouble_until=channel.trouble_until if channel.trouble_rounds else None,
        oldest_due_at=due[0] if due else None,
        waiting=len(due),
    )


def _seen(now: datetime, channels: tuple[ChannelSeen, ...], decided: list[tuple[str, datetime]]) -> Seen:
    last = Run.objects.order_by("-id").values_list("heartbeat_at", flat=True)[:10]
    failed = [at for state, at in decided if state == "failed" and at >= now - DAY]
    return Seen(
        now=now,
        has_worker=Run.objects.alive(now).exists(),
        heartbeat_at=max(last, default=None),
        channels=channels,
        failed_last_hour=sum(at >= now - HOUR for at in failed),
        failed_before=sum(at < now - HOUR for at in failed),
        unknown=sum(state == "unknown" and at >= now - DAY for state, at in decided),
    )


def _by_sequence(workspace: Workspace, found: dict[int, Coming]) -> list[tuple[Sequence, Coming]]:
    """The busiest first, as many as one reads."""
    busiest = sorted(found, key=lambda pk: (-found[pk].total, pk))[:8]
    rows = visible(Sequence.objects.all(), workspace).in_bulk(busiest)
    return [(rows[pk], found[pk]) for pk in busiest if pk in rows]
