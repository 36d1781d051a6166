"""Figures for Prometheus: read from the database, so that every process answers the same."""

from __future__ import annotations

import hmac
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from ipaddress import ip_address

from django.conf import settings
from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client.core import (
    CollectorRegistry,
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from channels.models import Channel, ChannelState
from sequencer.version import VERSION
from sequences.actions.canary import last_sung_at
from sequences.actions.counters import LATENESS_BUCKETS, REQUEST_BUCKETS
from sequences.exposure import is_for_this_machine_only
from sequences.models import Counter, Installation, Subscription
from sequences.models.installation import THE_ONE
from sequences.vital_signs import (
    age,
    last_heartbeat_at,
    oldest_due_by_channel,
    recent_unknown,
    stalled_for,
    stuck_runs,
    troubled_channels,
)
from sequences.worker import database_clock

# Counting goes no further: an alarm rings long before.
COUNTED_AT_MOST = 100_000
# Name, meaning and labels of what the processes count.
COUNTED = (
    ("deliveries", "Deliveries that came to an end.", ["kind", "outcome"]),
    ("late_failures", "Of those that were sent, messages that did not arrive, as was told later.", ["kind", "reason"]),
    ("holds", "Times that a message was due and had to wait, by what for.", ["reason"]),
    ("webhooks_in", "Calls of providers' webhooks.", ["kind", "result"]),
    ("webhook_attempts", "Tries to tell webhook endpoints what happened.", ["result"]),
)
CLOSED = "Set METRICS_TOKEN in the environment, restart, and show it as a Bearer token."


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """For whoever shows METRICS_TOKEN; without that variable, only where nobody but this machine is served."""
    if not may_read(request):
        why = "Show METRICS_TOKEN as a Bearer token." if settings.METRICS_TOKEN else CLOSED
        return HttpResponse(f"{why}\n", status=403, content_type="text/plain")
    registry = CollectorRegistry()
    registry.register(Figures(now=database_clock()))
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def may_read(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {settings.METRICS_TOKEN}".encode())
    # Behind a proxy everybody comes from a private network, and not every proxy says that it is one.
    return (
        is_for_this_machine_only()
        and not request.headers.get("X-Forwarded-For")
        and is_private(str(request.META.get("REMOTE_ADDR", "")))
    )


def is_private(address: str) -> bool:
    try:
        return ip_address(address).is_private
    except ValueError:
        return address == ""  # a socket file of this machine


class Figures:
    """One reading, at one moment."""

    def __init__(self, *, now: datetime) -> None:
        self.now = now

    def collect(self) -> Iterator[Metric]:
        yield from self._queue()
        yield from self._health()
        yield from _counted()

    def _queue(self) -> Iterator[Metric]:
        due = GaugeMetricFamily(
            "sequencer_due_messages", "Messages that are due and in no worker's hands.", labels=["channel_kind"]
        )
        for kind in Channel.objects.order_by().values_list("kind", flat=True).distinct():
            rows = Subscription.objects.due(self.now).filter(channel__kind=kind)
            due.add_metric([kind], rows.order_by()[:COUNTED_AT_MOST].count())
        yield due
        oldest = min(oldest_due_by_channel(self.now).values(), default=self.now)
        yield gauge("oldest_due_seconds", "How long the oldest of them has been due.", self._seconds(oldest))
        meaning = "Of the last 100,000 deliveries, those of which nobody knows whether they arrived."
        yield gauge("unknown_deliveries", meaning, recent_unknown())

    def _health(self) -> Iterator[Metric]:
        yield gauge("canary_age_seconds", "Since the canary last came all the way.", self._seconds(last_sung_at()))
        heartbeat = self._seconds(last_heartbeat_at())
        yield gauge("worker_heartbeat_age_seconds", "Since a dispatcher last showed itself.", heartbeat)
        stalled = stalled_for(self.now)
        seconds = 0.0 if stalled is None else max(0.0, stalled.total_seconds())
        yield gauge("stalled_seconds", "How long a channel could have been served and was not.", seconds)
        yield gauge("stuck_runs", "Runs that ended and were not cleared up after.", stuck_runs(self.now))
        yield gauge("troubled_channels", "Channels that wait for their provider.", troubled_channels())
        yield from self._installation()
        paused = GaugeMetricFamily("sequencer_paused_channels", "Channels that are paused.", labels=["reason"])
        rows = Channel.objects.filter(state=ChannelState.PAUSED).order_by().values_list("paused_because")
        for reason, count in rows.annotate(n=Count("pk")):
            paused.add_metric([reason], count)
        yield paused
        build = GaugeMetricFamily("sequencer_build_info", "The version that answers.", labels=["version"])
        build.add_metric([VERSION], 1)
        yield build

    def _installation(self) -> Iterator[Metric]:
        row = Installation.objects.filter(pk=THE_ONE).first() or Installation()
        yield gauge("held_after_restore", "1 while nothing is sent after a restore.", int(row.held_at is not None))
        if row.gap is not None:
            yield gauge("conservation_gap", "Subscriptions not accounted for, as last reconciled.", row.gap)
            at = self._seconds(row.reconciled_at)
            yield gauge("reconciled_age_seconds", "Since `doctor --reconcile` last ran.", at)

    def _seconds(self, moment: datetime | None) -> float:
        since = age(moment, self.now)
        return float("inf") if since is None else max(0.0, since.total_seconds())


def gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(f"sequencer_{name}", meaning, value)


def _counted() -> Iterator[Metric]:
    """What the runs counted, all shards together."""
    sums: dict[str, dict[tuple[str, ...], float]] = defaultdict(dict)
    for name, labels, total in (
        Counter.objects.order_by("name", "labels").values_list("name", "labels").annotate(Sum("value"))
    ):
        sums[name][tuple(labels.split("|")) if labels else ()] = total
    for name, meaning, names in COUNTED:
        family = CounterMetricFamily(f"sequencer_{name}", meaning, labels=names)
        for labels, total in sums[f"{name}_total"].items():
            family.add_metric(labels, total)
        yield family
    late = "From the moment a message was due to the moment it left."
    yield _histogram("lateness_seconds", late, [], LATENESS_BUCKETS, sums)
    took = "From leaving to the provider's answer being heard."
    yield _histogram("provider_request_seconds", took, ["kind", "outcome"], REQUEST_BUCKETS, sums)


def _histogram(
    name: str, meaning: str, labels: list[str], buckets: Iterable[float], sums: dict[str, dict[tuple[str, ...], float]]
) -> Metric:
    family = HistogramMetricFamily(f"sequencer_{name}", meaning, labels=labels)
    limits = [*(str(limit) for limit in buckets), "+Inf"]
    for values, total in sums[f"{name}_sum"].items():
        counts = [sums[f"{name}_bucket"].get((*values, limit), 0.0) for limit in limits]
        summed = [(limit, sum(counts[: place + 1])) for place, limit in enumerate(limits)]
        family.add_metric(values, summed, total)
    return family
