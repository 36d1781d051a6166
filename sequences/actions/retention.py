"""Drop what is older than the installation keeps it: batch by batch, each sort in its turn."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from time import monotonic

from django.contrib.sessions.models import Session

from channels.actions.record_events import forget_old_events
from channels.models import SandboxMessage
from sequencer.workspaces.models import AuditEvent
from sequences.actions.answer_once import forget_kept_answers
from sequences.actions.bulk_jobs import forget_bulk_jobs
from sequences.actions.carry_out_trial import forget_trials
from sequences.actions.fold_tallies import forget_days
from sequences.actions.forget_subscriptions import forget_ended_subscriptions
from sequences.actions.receipts import forget_early_receipts
from sequences.actions.record_event import forget_old_contact_events
from sequences.actions.rehearse import forget_rehearsals
from sequences.actions.runs import forget_runs
from sequences.actions.webhook_records import forget_told

BATCH = 500
Forget = Callable[[], int]


@dataclass(frozen=True, slots=True)
class Ages:
    """How long an installation keeps what grows with its work; None: for ever."""

    history: timedelta | None
    events: timedelta | None
    audit: timedelta | None


def forget_what_is_old(ages: Ages, *, now: datetime, seconds: float) -> Counter[str]:
    """Drop for about so many seconds, in short transactions; how many rows of which sort.

    The sorts take turns, and another one begins each minute: none waits for ever behind one that has much to drop.
    """
    waiting = deque(_sorts(ages, now).items())
    waiting.rotate(-now.minute)
    dropped, ends_at = Counter[str](), monotonic() + seconds
    while waiting and monotonic() < ends_at:
        name, forget = waiting.popleft()
        if count := forget():
            dropped[name] += count
            waiting.append((name, forget))
    return dropped


def _sorts(ages: Ages, now: datetime) -> dict[str, Forget]:
    sorts: dict[str, Forget] = {
        "seen events": partial(forget_old_events, now=now),
        "kept answers": partial(forget_kept_answers, now=now),
        "early receipts": partial(forget_early_receipts, now=now),
        "tests": partial(forget_trials, now=now),
        "bulk jobs": partial(forget_bulk_jobs, now=now),
        "rehearsals": partial(forget_rehearsals, now=now),
        "runs": partial(forget_runs, now=now),
        "webhook messages": partial(forget_told, now=now),
        "log-ins": partial(_forget_log_ins, now=now),
    }
    if ages.history is not None:
        sorts["subscriptions"] = partial(forget_ended_subscriptions, now=now, kept_for=ages.history)
        sorts["days of figures"] = partial(forget_days, before=(now - ages.history).date())
        sorts["sandbox messages"] = partial(_forget_sandbox_messages, now=now, kept_for=ages.history)
    if ages.events is not None:
        sorts["events"] = partial(forget_old_contact_events, now=now, kept_for=ages.events)
    if ages.audit is not None:
        sorts["audit log"] = partial(_forget_audit, now=now, kept_for=ages.audit)
    return sorts


def _forget_log_ins(*, now: datetime) -> int:
    """Sessions that are over."""
    over = Session.objects.filter(expire_date__lte=now).order_by("expire_date").values_list("pk", flat=True)
    keys = list(over[:BATCH])
    Session.objects.filter(pk__in=keys).delete()
    return len(keys)


def _forget_sandbox_messages(*, now: datetime, kept_for: timedelta) -> int:
    return SandboxMessage.objects.drop_first_written(BATCH, before="at", moment=now - kept_for)


def _forget_audit(*, now: datetime, kept_for: timedelta) -> int:
    return AuditEvent.objects.drop_first_written(BATCH, before="at", moment=now - kept_for)
