"""Tell endpoints what happened: take what is due, let it leave, write down how it went. At least once, never lost.

A message that is taken comes due again after a while, so whoever dies with it in hand costs a repetition with the same
id and no more. Nothing is sent inside a transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

from django.db.models import Exists, OuterRef, QuerySet

from channels.messages import DoorResult, HttpCall
from channels.secrets import SecretsUnreadable
from channels.standard_webhooks import signed_headers
from channels.transports import HttpDoor
from sequencer.faults import Edge
from sequencer.version import VERSION
from sequencer.workspaces.transactions import committed_as
from sequences.actions.webhook_bodies import write_bodies
from sequences.actions.webhook_records import Try, record_tries
from sequences.actions.webhook_secrets import signing_secrets
from sequences.models import WebhookEndpoint, WebhookMessage

# Longer than any try takes.
TAKEN_FOR = timedelta(seconds=60)
TIMEOUT = 20.0
AT_ONCE = 300
PER_ENDPOINT = 10
REQUEST = Edge("webhook request")


@dataclass(frozen=True, slots=True)
class Taken:
    """A message in hand; `call` is None where its secret cannot be read."""

    message: WebhookMessage
    endpoint: WebhookEndpoint
    call: HttpCall | None


def are_due(*, now: datetime) -> bool:
    """Whether there is anything to tell anybody now."""
    return _waiting(now).exists()


class Teller:
    """One sender. A slow endpoint keeps its own few lines busy and nobody else's."""

    def __init__(self, door: HttpDoor, clock: Callable[[], datetime], chance: Callable[[], float]) -> None:
        self._door, self._clock, self._chance = door, clock, chance
        self._in_hand: Counter[int] = Counter()
        self._began: dict[int, float] = {}

    @property
    def is_idle(self) -> bool:
        return not self._in_hand

    def turn(self, wait: float, *, may_take: bool = True) -> bool:
        """Take what is due and there is room for, and hear what was answered; whether anything moved."""
        taken = take_due(self._in_hand, now=self._clock()) if may_take else []
        tries = [Try(one.message, one.endpoint, None, 0) for one in taken if one.call is None]
        for one in taken:
            if one.call is not None:
                self._start(one, one.call)
        heard = [self._heard(ticket, result) for ticket, result in self._door.poll(0.0 if tries else wait)]
        if tries or heard:
            record_tries([*tries, *heard], now=self._clock(), chance=self._chance)
        return bool(taken or heard)

    def _start(self, one: Taken, call: HttpCall) -> None:
        self._in_hand[one.endpoint.pk] += 1
        self._began[one.message.pk] = monotonic()
        REQUEST.near()
        self._door.start(one, call)
        REQUEST.behind()

    def _heard(self, ticket: object, result: DoorResult) -> Try:
        assert isinstance(ticket, Taken)  # noqa: S101  # our own tickets come back
        self._in_hand[ticket.endpoint.pk] -= 1
        self._in_hand += Counter()  # forgets who has nothing in hand
        took = monotonic() - self._began.pop(ticket.message.pk)
        return Try(ticket.message, ticket.endpoint, result, int(took * 1000))


@committed_as("take webhooks")
def take_due(in_hand: Counter[int], *, now: datetime) -> list[Taken]:
    """What may leave now, the longest due first; committed as taken, so that no other sender takes it too."""
    room = AT_ONCE - in_hand.total()
    taken: list[WebhookMessage] = []
    for endpoint in _waiting(now).order_by("pk") if room > 0 else ():
        most = (1 if endpoint.failing_since else PER_ENDPOINT) - in_hand[endpoint.pk]
        if most > 0 and room > len(taken):
            rows = _due_of(endpoint, now)[: min(most, room - len(taken))]
            for row in rows:
                row.endpoint = endpoint
                taken.append(row)
    WebhookMessage.objects.filter(pk__in=[row.pk for row in taken]).update(next_attempt_at=now + TAKEN_FOR)
    write_bodies(taken)
    return [Taken(row, row.endpoint, _call(row, now)) for row in taken]


def _waiting(now: datetime) -> QuerySet[WebhookEndpoint]:
    """Endpoints that may be told something now."""
    due = WebhookMessage.objects.filter(endpoint=OuterRef("pk"), next_attempt_at__lte=now)
    return WebhookEndpoint.objects.active().rested(now).filter(Exists(due))


def _due_of(endpoint: WebhookEndpoint, now: datetime) -> QuerySet[WebhookMessage]:
    due = WebhookMessage.objects.filter(endpoint=endpoint, next_attempt_at__lte=now).select_related("contact")
    return due.order_by("next_attempt_at", "id").select_for_update(skip_locked=True, of=("self",))


def _call(message: WebhookMessage, now: datetime) -> HttpCall | None:
    body = message.body.encode()
    try:
        secrets = signing_secrets(message.endpoint, now=now)
    except SecretsUnreadable:
        return None
    headers = (
        ("Content-Type", "application/json"),
        ("User-Agent", f"Sequencer/{VERSION}"),
        *signed_headers(message.key, now, body, secrets),
    )
    return HttpCall("POST", message.endpoint.url, headers, body)
