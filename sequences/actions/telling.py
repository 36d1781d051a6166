"""What the operator's figures are told of a wave: how late it left, how long the provider took, what became of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import attrgetter

from channels import errors
from sequences.actions.counters import LATENESS_BUCKETS, REQUEST_BUCKETS, count, observe_all
from sequences.actions.flight import Flight
from sequences.actions.ledger import Entry
from sequences.actions.outcomes import Outcome, Passed, Result
from sequences.actions.settle import Effect, PutBack, WaitForReply
from sequences.models import DeliveryState
from sequences.rules.reasons import Because

_DUE = attrgetter("subscription.next_send_at")
FINAL = (DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.SKIPPED, DeliveryState.UNKNOWN)


def tell_lateness(leaving: Iterable[Flight], *, now: datetime) -> None:
    """From the due moment to the moment of leaving, of those that leave for the first time since they were claimed."""
    late = Counter[float]()
    # Those who are due together are mostly due at one moment.
    for moment, times in Counter(map(_DUE, leaving)).items():
        if moment is not None:
            late[(now - moment).total_seconds()] += times
    if late:
        observe_all("lateness_seconds", (), late, LATENESS_BUCKETS)


def tell_answers(kept: Sequence[tuple[Flight, Result, Outcome]], *, now: datetime) -> None:
    """How long providers took, and what became of deliveries."""
    # Those of a wave left in one moment, and became the same.
    alike = Counter(
        (flight.wire.backend.kind, type(result), flight.left_at, outcome.state) for flight, result, outcome in kept
    )
    tell_holds(outcome.effect for _, _, outcome in kept if outcome.state is DeliveryState.WAITING)
    took: dict[tuple[str, str], Counter[float]] = defaultdict(Counter)
    ended = Counter[tuple[str, str]]()
    for (kind, result_type, left_at, state), times in alike.items():
        if left_at is not None and result_type is not Passed:
            took[kind, _named(result_type)][(now - left_at).total_seconds()] += times
        if state in FINAL:
            ended[kind, state.value] += times
    for labels, seconds in took.items():
        observe_all("provider_request_seconds", labels, seconds, REQUEST_BUCKETS)
    tell_ends(ended)


def tell_ends(ended: Counter[tuple[str, str]]) -> None:
    """So many deliveries of a kind of channel came to such an end."""
    for labels, times in ended.items():
        count("deliveries_total", labels, times)


def tell_late_failures(failed: Counter[tuple[str, str]]) -> None:
    """So many, by kind of channel and reason, had been counted as sent before the provider took it back."""
    for labels, times in failed.items():
        count("late_failures_total", labels, times)


def tell_holds(effects: Iterable[Effect | None]) -> None:
    """Messages that were due and had to wait, by what for; each time that it was decided."""
    held: Counter[str] = Counter()
    for effect in effects:
        match effect:
            case PutBack(because=Because() as because):
                held[because.value] += 1
            case WaitForReply():
                held[Because.REPLY_WINDOW_CLOSED.value] += 1
    for reason, times in held.items():
        count("holds_total", (reason,), times)


def tell_decisions(closed: Iterable[Entry], kinds: dict[int, str]) -> None:
    """Deliveries that were decided without any request; `kinds` by channel."""
    tell_ends(Counter((kinds[entry.channel_id], entry.state) for entry in closed))


def _named(result_type: type[Result]) -> str:
    """The error's class in the words of the figures, or "accepted"."""
    if not issubclass(result_type, errors.ChannelError):
        return "accepted"
    name = result_type.__name__
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
