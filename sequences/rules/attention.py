"""What somebody should look at before anything else, from what is known of a workspace at one moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

# A dispatcher looks each second; later than this nobody does, or more is due than leaves.
LATE_AFTER = timedelta(minutes=2)
# The last hour against the 23 before it: fewer than this are nothing to run for, whatever they were before.
FEW_FAILURES = 5
RISING_TIMES = 3


class Alarm(StrEnum):
    CHANNEL_PAUSED = "channel_paused"
    CHANNEL_TROUBLE = "channel_trouble"
    LATE = "late"
    RISING = "rising"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ChannelSeen:
    """`waiting` people are due on it; the first of them since `oldest_due_at`."""

    id: int
    name: str
    is_paused: bool = False
    paused_because: str = ""
    paused_at: datetime | None = None
    trouble_until: datetime | None = None
    oldest_due_at: datetime | None = None
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """Failures of the last hour and of the 23 before it; `unknown` deliveries of the last 24 hours."""

    now: datetime
    channels: tuple[ChannelSeen, ...] = ()
    failed_last_hour: int = 0
    failed_before: int = 0
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class Alert:
    """`since`: when it began; for a channel in trouble, when it is tried again."""

    alarm: Alarm
    since: datetime | None = None
    count: int = 0
    channel: ChannelSeen | None = None


def alerts(seen: Seen) -> list[Alert]:
    """The gravest first; [] when all is well."""
    found = list(_of_channels(seen))
    if is_rising(seen.failed_last_hour, seen.failed_before):
        found.append(Alert(Alarm.RISING, count=seen.failed_last_hour))
    if seen.unknown:
        found.append(Alert(Alarm.UNKNOWN, count=seen.unknown))
    return sorted(found, key=lambda alert: list(Alarm).index(alert.alarm))


def is_rising(last_hour: int, before: int) -> bool:
    """Whether failures of the last hour stand out from the 23 hours before it."""
    return last_hour >= FEW_FAILURES and last_hour * 23 > RISING_TIMES * before


def _of_channels(seen: Seen) -> Iterator[Alert]:
    for channel in seen.channels:
        if channel.is_paused:
            yield Alert(Alarm.CHANNEL_PAUSED, channel.paused_at, channel.waiting, channel)
        elif channel.trouble_until and channel.trouble_until > seen.now:
            yield Alert(Alarm.CHANNEL_TROUBLE, channel.trouble_until, channel.waiting, channel)
        elif channel.oldest_due_at and channel.oldest_due_at < seen.now - LATE_AFTER:
            yield Alert(Alarm.LATE, channel.oldest_due_at, channel.waiting, channel)
