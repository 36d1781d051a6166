"""`doctor`: looks the installation over and says what is wrong, in sentences."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone
from django_q.models import Schedule

from channels.models import Channel, ChannelState
from channels.secrets import SecretsUnreadable, is_under_newest_key, unseal
from sequences.actions.note_reconciled import note_reconciled
from sequences.conservation import gaps
from sequences.exposure import is_for_this_machine_only
from sequences.models import WebhookEndpoint
from sequences.rules.readiness import Trouble, troubles_of
from sequences.tasks import DISPATCH
from sequences.vital_signs import oldest_due_by_channel, recent_unknown, signs_of, stuck_runs, troubled_channels
from sequences.worker import database_clock

NAMED_AT_MOST = 20
SENTENCES = {
    Trouble.DATABASE_AWAY: "The database does not answer.",
    Trouble.MIGRATIONS_MISSING: "Migrations are missing: run manage.py migrate.",
    Trouble.CACHE_AWAY: "The shared cache does not answer: limits on logins and calls cannot be counted.",
    Trouble.NO_WORKER: "No worker shows itself: start manage.py worker, or look at its log.",
    Trouble.NOT_SENDING: "Messages are due that could go, and no worker takes them: look at the worker's log.",
    Trouble.CANARY_SILENT: "The canary has not come all the way for more than two minutes.",
    Trouble.CLOCK_WRONG: "This machine's clock and the database's differ by more than 5 seconds.",
    Trouble.HELD_AFTER_RESTORE: (
        "The database is not the one that sending was last allowed on (a restored backup, a promoted replica): "
        "nothing is sent until manage.py resume_after_restore says what may have gone already."
    ),
}


class Command(BaseCommand):
    help = "Looks the installation over; exits with 1 when something is wrong. --reconcile accounts for every message."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--reconcile", action="store_true", help="account for every message; reads everything")

    def handle(self, *args: Any, reconcile: bool, **options: Any) -> None:
        try:
            wrong = self._look_over()
            if reconcile:
                wrong += self._reconcile()
        except (DatabaseError, InterfaceError) as error:
            raise CommandError(f"{SENTENCES[Trouble.DATABASE_AWAY]} ({error})") from error
        if wrong:
            raise CommandError("\n".join(wrong))
        self.stdout.write("All is well.")

    def _look_over(self) -> list[str]:
        now = database_clock()
        signs = signs_of(now=now, machine_now=timezone.now())
        waiting = oldest_due_by_channel(now)
        oldest = min(waiting.values(), default=None)
        self._tell("database", f"{connection.vendor}, this machine's clock {signs.clock_skew.total_seconds():+.2f} s")
        self._tell("last heartbeat", _ago(signs.heartbeat_age))
        self._tell("canary", _ago(signs.canary_age))
        self._tell("oldest due message", "nothing is due" if oldest is None else _ago(now - oldest))
        self._tell("unknown deliveries", f"{recent_unknown()} of the last 100,000")
        paused = Channel.objects.filter(state=ChannelState.PAUSED).count()
        self._tell("channels", f"{paused} paused, {troubled_channels()} waiting for their provider")
        self._tell("metrics", _metrics())
        wrong = [SENTENCES[trouble] for trouble in troubles_of(signs)]
        if not Schedule.objects.filter(func=DISPATCH).exists():
            wrong.append("The schedule that brings dispatchers back is missing: a worker makes it when it starts.")
        if stuck := stuck_runs(now):
            wrong.append(f"{stuck} runs of workers ended, and nobody has cleared up after them.")
        return wrong + self._keys()

    def _keys(self) -> list[str]:
        old, closed = 0, list[str]()
        for row, sealed, owner in _sealed():
            try:
                unseal(sealed, workspace_id=row.workspace_id, **{owner: row.pk})
                old += not is_under_newest_key(sealed)
            except SecretsUnreadable:
                closed.append(str(row.public_id))
        self._tell("credentials on old keys", f"{old} (manage.py rotate_keys)" if old else "0")
        return [f"No key of ENCRYPTION_KEYS opens the credentials of: {', '.join(closed)}"] if closed else []

    def _reconcile(self) -> list[str]:
        now = database_clock()
        found = list(gaps(now=now))
        note_reconciled(len({gap.subscription for gap in found}), now=now)
        self._tell("not accounted for", str(len(found)))
        named = [f"{gap.subscription}: {gap.what}." for gap in found[:NAMED_AT_MOST]]
        more = len(found) - len(named)
        return named + ([f"... and {more} more."] if more > 0 else [])

    def _tell(self, what: str, how: str) -> None:
        self.stdout.write(f"{what + ':':25} {how}")


def _sealed() -> Iterator[tuple[Any, str, str]]:
    """Every row that keeps something sealed, with that, and by which name it is bound to the row."""
    for channel in Channel.objects.exclude(credentials="").order_by("pk").iterator():
        yield channel, channel.credentials, "channel_id"
    for endpoint in WebhookEndpoint.objects.exclude(secrets="").order_by("pk").iterator():
        yield endpoint, endpoint.secrets, "endpoint_id"


def _metrics() -> str:
    if settings.METRICS_TOKEN:
        return "for whoever shows METRICS_TOKEN"
    return "for this machine's network" if is_for_this_machine_only() else "closed: set METRICS_TOKEN to read /metrics"


def _ago(age: Any) -> str:
    return "never" if age is None else f"{age.total_seconds():.0f} s ago"
