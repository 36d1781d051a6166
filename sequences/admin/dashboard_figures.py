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
from sequences.models import Delivery, Sequence, Subscription
from sequences.rules.attention import ChannelSeen, Seen
from sequences.rules.day import Coming, Day, coming, day_of

MOST = 2_000
MOST_OF_A_DAY = 5_000
# A question each: so many that are at work, and so many that are not.
MOST_CHANNELS = 12
WEEK = timedelta(days=7)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@dataclass(slots=True)
class Figures:
    """`is_day_cut`, `is_coming_cut`, `are_channels_cut`: there was more than was counted."""

    seen: Seen
    day: Day
    is_day_cut: bool
    coming: list[tuple[Sequence, Coming]]
    is_coming_cut: bool
    are_channels_cut: bool
    recent: list[Sequence]


def figures_of(workspace: Workspace, *, now: datetime, midnight: datetime) -> Figures:
    """`now` by the clock that the dispatcher goes by; `midnight` of its day, in the workspace's zone."""
    decided = list(
        visible(Delivery.objects.all(), workspace).order_by("-id").values_list("state", "decided_at")[:MOST_OF_A_DAY]
    )
    wrote = visible(Contact.objects.all(), workspace).filter(last_interaction_at__gte=midnight)
    wrote_at = list(
        wrote.order_by("-last_interaction_at").values_list("last_interaction_at", flat=True)[:MOST_OF_A_DAY]
    )
    closed, at_work = _closed_and_at_work(workspace, now)
    looked_at = [*closed[:MOST_CHANNELS], *at_work[:MOST_CHANNELS]]
    channels, due, is_cut = _channels_and_due(looked_at, now)
    channels += [_channel(channel, []) for channel in closed[MOST_CHANNELS:]]
    return Figures(
        seen=_seen(now, tuple(channels), decided),
        day=day_of(decided, wrote_at, start=midnight),
        is_day_cut=MOST_OF_A_DAY in (len(wrote_at), sum(at >= midnight for _, at in decided)),
        coming=_by_sequence(workspace, coming(due, now=now, midnight=midnight + DAY)),
        is_coming_cut=is_cut,
        are_channels_cut=len(looked_at) < len(closed) + len(at_work),
        recent=list(with_counts(visible(Sequence.objects.in_use(), workspace)).order_by("-updated_at", "-id")[:5]),
    )


def _closed_and_at_work(workspace: Workspace, now: datetime) -> tuple[list[Channel], list[Channel]]:
    """Whatever else is cut: a channel through which nothing leaves is told of."""
    channels = list(visible(Channel.objects.all(), workspace).order_by("pk"))
    at_work = set(visible(Channel.objects.open(now), workspace).values_list("pk", flat=True))
    return [one for one in channels if one.pk not in at_work], [one for one in channels if one.pk in at_work]


def _channels_and_due(
    channels: list[Channel], now: datetime
) -> tuple[list[ChannelSeen], list[tuple[int, datetime]], bool]:
    """One question a channel: each is answered by the index that the dispatcher uses, from its beginning."""
    seen, due, is_cut = [], [], False
    for channel in channels:
        ahead = Subscription.objects.filter(channel=channel, next_send_at__lte=now + WEEK, run=None)
        rows = list(ahead.order_by("next_send_at").values_list("sequence_id", "next_send_at")[:MOST])
        seen.append(_channel(channel, [at for _, at in rows if at is not None and at <= now]))
        due += [(sequence_id, at) for sequence_id, at in rows if at is not None]
        is_cut = is_cut or len(rows) == MOST
    return seen, due, is_cut


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
    failed = [at for state, at in decided if state == "failed" and at >= now - DAY]
    return Seen(
        now=now,
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
