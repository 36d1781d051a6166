"""What can be seen of an installation's work from any of its processes, for operators: reads only."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import uuid4

from django.core.cache import cache
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import OuterRef, Q, Subquery

from channels.backends import backend_for
from channels.models import Channel
from sequences.actions.canary import last_sung_at
from sequences.models import Delivery, DeliveryState, Installation, Run, Subscription
from sequences.models.installation import THE_ONE
from sequences.rules.readiness import Signs

RECENT_DELIVERIES = 100_000
log = logging.getLogger(__name__)


def signs_of(*, now: datetime, machine_now: datetime) -> Signs:
    """`now` is the database's moment, `machine_now` this machine's. Raises DatabaseError when the database is away."""
    missing = migrations_missing()
    if missing:
        return Signs(migrations_missing=missing, is_cache_shared=is_cache_shared(), clock_skew=machine_now - now)
    return replace(signs_of_sending(now=now, machine_now=machine_now), is_cache_shared=is_cache_shared())


def signs_of_sending(*, now: datetime, machine_now: datetime) -> Signs:
    """Only what tells whether messages go: a few queries."""
    installation = Installation.objects.filter(pk=THE_ONE).first()
    return Signs(
        heartbeat_age=age(last_heartbeat_at(), now),
        canary_age=age(last_sung_at() or first_run_at(), now),
        stalled_for=stalled_for(now),
        clock_skew=machine_now - now,
        is_held=installation is not None and installation.held_at is not None,
    )


def age(moment: datetime | None, now: datetime) -> timedelta | None:
    return None if moment is None else now - moment


@lru_cache(maxsize=1)
def _migrations_here() -> frozenset[tuple[str, str]]:
    """Those that this code brings."""
    return frozenset(MigrationLoader(None).disk_migrations)


def migrations_missing() -> int:
    return len(_migrations_here() - MigrationRecorder(connection).applied_migrations().keys())


def is_cache_shared() -> bool:
    """Whether what one process counts there another one finds: limits on logins and calls rely on it."""
    name, word = f"readiness-{uuid4().hex}", uuid4().hex
    try:
        cache.set(name, word, 10)
        found: bool = cache.get(name) == word
        cache.delete(name)
    except Exception:  # noqa: BLE001  # whatever a cache's client raises: it is away, and that is the answer
        log.exception("the shared cache does not answer")
        return False
    return found


def last_heartbeat_at() -> datetime | None:
    """Of a dispatcher that has not ended."""
    runs = Run.objects.filter(ended_at=None, has_slot=True).order_by("-heartbeat_at")
    last: datetime | None = runs.values_list("heartbeat_at", flat=True).first()
    return last


def first_run_at() -> datetime | None:
    first: datetime | None = Run.objects.order_by("pk").values_list("started_at", flat=True).first()
    return first


def oldest_due_by_channel(now: datetime) -> dict[Channel, datetime]:
    """Of channels that are neither paused nor in trouble: one look into the index for each, however much is due."""
    due = Subscription.objects.due(now).filter(channel=OuterRef("pk")).order_by("next_send_at")
    oldest = Subquery(due.values("next_send_at")[:1])
    waiting = Channel.objects.open(now).annotate(oldest_due_at=oldest).exclude(oldest_due_at=None)
    return {channel: channel.oldest_due_at for channel in waiting}


def stalled_for(now: datetime) -> timedelta | None:
    """The longest that a channel has had something due, was free to send, and was not served.

    One that is merely busy, within its speed, is served again and again: it is late, not stalled.
    """
    waiting = oldest_due_by_channel(now)
    return max((now - max(oldest, _free_since(channel)) for channel, oldest in waiting.items()), default=None)


def _free_since(channel: Channel) -> datetime:
    """Since when its speed has allowed another message."""
    if channel.tokens_at is None:
        return channel.created_at
    rate = backend_for(channel.kind).sends_per_second(channel.settings)
    return channel.tokens_at + timedelta(seconds=max(0.0, 1.0 - channel.tokens) / rate)


def recent_unknown() -> int:
    """Among the last deliveries: an index of all would be paid for with every message."""
    last: int = Delivery.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    return Delivery.objects.filter(pk__gt=last - RECENT_DELIVERIES, state=DeliveryState.UNKNOWN).count()


def stuck_runs(now: datetime) -> int:
    """Runs that ended or fell silent and whose rows nobody has taken over."""
    silent = Q(ended_at=None) & ~Q(pk__in=Run.objects.alive(now))
    return Run.objects.filter(Q(rescued_at=None) & (Q(ended_at__lt=now - timedelta(minutes=1)) | silent)).count()


def troubled_channels() -> int:
    return Channel.objects.filter(trouble_rounds__gt=0).exclude(trouble_until=None).count()
