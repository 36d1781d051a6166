"""Write down how tries went: a message is delivered, waits for its next try or is given up; endpoints are judged."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from channels.backends.answers import retry_after
from channels.messages import Answer, DoorResult, Lost, Unreached
from sequencer.workspaces.actor import SYSTEM
from sequencer.workspaces.transactions import committed_as
from sequences.actions.counters import count
from sequences.actions.webhook_endpoints import disable_endpoint
from sequences.models import DisabledBecause, TellingState, WebhookAttempt, WebhookEndpoint, WebhookMessage
from sequences.rules.outgoing import FAILS_FOR_AT_MOST, REST, next_wait

KEPT_FOR = timedelta(days=30)
BATCH = 500
# "Not so fast": the endpoint is left alone for a while, not only this message.
THROTTLES = (429, 502, 503, 504)


class Trouble(StrEnum):
    """Why there was no answer."""

    FORBIDDEN_ADDRESS = "forbidden_address"  # our own rules do not let us reach it
    UNREACHABLE = "unreachable"
    NO_ANSWER = "no_answer"
    UNSIGNABLE = "unsignable"  # no key of ENCRYPTION_KEYS opens its secret


@dataclass(frozen=True, slots=True)
class Try:
    """`result` None: nothing could be signed. `took` is in milliseconds."""

    message: WebhookMessage
    endpoint: WebhookEndpoint
    result: DoorResult | None
    took: int

    @property
    def status(self) -> int | None:
        return self.result.status if isinstance(self.result, Answer) else None

    @property
    def is_taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def trouble(self) -> str:
        match self.result:
            case None:
                return Trouble.UNSIGNABLE
            case Unreached(is_forbidden=True):
                return Trouble.FORBIDDEN_ADDRESS
            case Unreached():
                return Trouble.UNREACHABLE
            case Lost():
                return Trouble.NO_ANSWER
        return ""

    @property
    def asked_for(self) -> timedelta | None:
        return retry_after(self.result.headers) if isinstance(self.result, Answer) else None


@committed_as("record webhooks")
def record_tries(tries: Sequence[Try], *, now: datetime, chance: Callable[[], float]) -> None:
    """Store a batch of tries; of endpoints and messages that were taken away meanwhile nothing is kept."""
    endpoints = _locked({one.endpoint.pk for one in tries})
    messages = WebhookMessage.objects.filter(pk__in=[one.message.pk for one in tries]).order_by("pk")
    stored = {row.pk: row for row in messages.select_for_update(no_key=True)}
    kept = [one for one in tries if one.message.pk in stored]
    WebhookAttempt.objects.bulk_create([_attempt(one, now) for one in kept])
    for result, times in Counter(_result(one) for one in kept).items():
        count("webhook_attempts_total", (result,), times)
    for one in kept:
        _move(stored[one.message.pk], one, now=now, chance=chance())
    by_endpoint: dict[int, list[Try]] = defaultdict(list)
    for one in kept:
        by_endpoint[one.endpoint.pk].append(one)
    for number, mine in by_endpoint.items():
        _judge(endpoints[number], mine, now=now)


def _result(one: Try) -> str:
    """In the words of the figures."""
    return "accepted" if one.is_taken else one.trouble or "refused"


def forget_told(*, now: datetime) -> int:
    """Drop a batch of what is older than anybody may ask for again, with its tries; how many."""
    return WebhookMessage.objects.filter(recorded_at__lte=now - KEPT_FOR).order_by("recorded_at").drop_first(BATCH)


def _locked(numbers: Iterable[int]) -> Mapping[int, WebhookEndpoint]:
    rows = WebhookEndpoint.objects.select_for_update(no_key=True).filter(pk__in=numbers).order_by("pk")
    return {row.pk: row for row in rows}


def _attempt(one: Try, now: datetime) -> WebhookAttempt:
    return WebhookAttempt(
        workspace_id=one.message.workspace_id,
        message=one.message,
        at=now,
        status=one.status,
        trouble=one.trouble,
        took=one.took,
    )


def _move(row: WebhookMessage, one: Try, *, now: datetime, chance: float) -> None:
    row.attempts += 1
    if one.is_taken:
        row.state, row.next_attempt_at, row.ended_at = TellingState.DELIVERED, None, now
    elif row.state == TellingState.WAITING:
        wait = next_wait(row.attempts, chance=chance, asked_for=one.asked_for)
        row.next_attempt_at = now + wait if wait else None
        if wait is None:
            row.state, row.ended_at = TellingState.FAILED, now
    row.save(update_fields=["state", "attempts", "next_attempt_at", "ended_at"])


def _judge(endpoint: WebhookEndpoint, tries: Sequence[Try], *, now: datetime) -> None:
    """What a batch of tries says of the endpoint itself."""
    statuses = {one.status for one in tries}
    since = None if any(one.is_taken for one in tries) else endpoint.failing_since or now
    rests = [one.asked_for or REST for one in tries if one.status in THROTTLES]
    rests_until = now + max(rests) if rests else endpoint.rests_until
    if (since, rests_until) != (endpoint.failing_since, endpoint.rests_until):
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(failing_since=since, rests_until=rests_until)
    if 410 in statuses:
        disable_endpoint(endpoint, because=DisabledBecause.GONE, now=now, actor=SYSTEM)
    elif since is not None and now - since >= FAILS_FOR_AT_MOST:
        disable_endpoint(endpoint, because=DisabledBecause.FAILING, now=now, actor=SYSTEM)
