"""From an answer to its consequences for one flight: what the delivery becomes, what the subscription does next."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from channels import errors
from channels.messages import Receipt
from sequences.actions.doubt import noted_doubt
from sequences.actions.flight import Flight
from sequences.actions.refusals import Refusal, noted_refusals
from sequences.actions.settle import Advance, Effect, End, PutBack, WaitForReply
from sequences.models import DeliveryState
from sequences.rules.backoff import MAX_ATTEMPTS, retry_wait
from sequences.rules.health import Sign
from sequences.rules.policy import Hold, Stop, without_route
from sequences.rules.reasons import Because, EndedBecause, Reason


@dataclass(frozen=True, slots=True)
class Passed:
    """A part that needs no wire was done: an action, or a pause that is over."""


Result = Receipt | Passed | errors.ChannelError

DELIVERY_COLUMNS = (
    "state",
    "reason",
    "reason_details",
    "attempts",
    "parts_done",
    "run",
    "request_started_at",
    "sent_at",
)


_WORDS = {state: state.value for state in DeliveryState}


@dataclass(slots=True, eq=False)
class Outcome:
    """`effect` is None while the flight goes on with its next part. `sign` is what the answer says of the channel."""

    flight: Flight
    state: DeliveryState
    effect: Effect | None
    sign: Sign | None = None
    reason: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    uses_attempt: bool = True
    parts_done: int = 0
    sent_at: datetime | None = None

    def delivery_values(self, run_id: int) -> tuple[Any, ...]:
        """The values of DELIVERY_COLUMNS; the run keeps what goes on."""
        attempts = self.flight.attempts - (0 if self.uses_attempt else 1)
        keeps = self.state == DeliveryState.SENDING
        return (
            _WORDS[self.state],
            self.reason,
            self.details,
            attempts,
            self.parts_done,
            run_id if keeps else None,
            None,
            self.sent_at,
        )


def read_error(flight: Flight, error: errors.ChannelError, *, now: datetime, chance: float) -> Outcome:
    """The consequence of an error; `chance` in [0, 1) is the jitter of a retry."""
    match error:
        case errors.ChannelTrouble(may_have_arrived=in_doubt):
            going = _doubtful(flight, now) if in_doubt else flight
            return _put_back(going, error, Because.CHANNEL_TROUBLE, sign=Sign.TROUBLE)
        case errors.ChannelMisconfigured():
            return _put_back(flight, error, Because.CHANNEL_PAUSED)
        case errors.ContactBusy(wait=wait):
            return _put_back(flight, error, Because.CONTACT_BUSY, not_before=now + wait, sign=Sign.WORKS)
        case errors.ContactMoved() if flight.attempts < MAX_ATTEMPTS:
            effect = PutBack(now, Because.RETRY, has_begun=flight.has_begun)
            return _outcome(flight, DeliveryState.WAITING, effect, error, sign=Sign.WORKS)
        case errors.TemporaryFailure():
            return _try_again(flight, error, now=now, chance=chance)
        case errors.OutcomeUnknown():
            return _unknown(flight, error, now=now, chance=chance)
        case errors.WindowClosed() if flight.may_turn:
            return _turn(flight, error, Reason.REPLY_WINDOW_CLOSED, now=now)
        case errors.WindowClosed():
            return _window_closed(flight, error, now=now)
        case errors.ContactGone(because=why) if flight.may_turn and (flight.is_elsewhere or why == "contact_gone"):
            return _turn(flight, error, Reason.CONTACT_GONE, now=now)
        case errors.ContactGone(because=because):
            # What somebody wants elsewhere ends this message there, and not what they are in here.
            goes_on = Advance(now, flight.step.id)
            ends = goes_on if flight.is_elsewhere else End(EndedBecause(because), flight.step.id)
            return _failed(flight, error, Reason.CONTACT_GONE, ends)
        case errors.ContactUnreachable():
            return _failed(flight, error, Reason.CONTACT_UNREACHABLE, Advance(now, flight.step.id))
        case errors.UnsupportedMessage():
            return _failed(flight, error, Reason.UNSUPPORTED, Advance(now, flight.step.id), sign=None)
        case _:
            return _failed(flight, error, Reason.CONTENT_REJECTED, Advance(now, flight.step.id))


def _put_back(
    flight: Flight,
    error: errors.ChannelError,
    because: Because,
    *,
    not_before: datetime | None = None,
    sign: Sign | None = None,
) -> Outcome:
    effect = PutBack(not_before or flight.subscription.not_before_at, because, has_begun=flight.has_begun)
    return _outcome(flight, DeliveryState.WAITING, effect, error, sign=sign, uses_attempt=False)


def _try_again(flight: Flight, error: errors.ChannelError, *, now: datetime, chance: float) -> Outcome:
    if flight.is_probe:
        return _put_back(flight, error, Because.CHANNEL_TROUBLE, sign=Sign.FAILS)
    if flight.attempts >= MAX_ATTEMPTS and flight.in_doubt_since is not None:
        return _in_doubt_for_good(flight, error, now=now)
    if flight.attempts >= MAX_ATTEMPTS:
        return _failed(flight, error, Reason.ATTEMPTS_EXHAUSTED, Advance(now, flight.step.id), sign=Sign.FAILS)
    wait = getattr(error, "retry_after", None) or retry_wait(flight.attempts, chance)
    effect = PutBack(now + wait, Because.RETRY, has_begun=flight.has_begun)
    return _outcome(flight, DeliveryState.WAITING, effect, error, sign=Sign.FAILS)


def _unknown(flight: Flight, error: errors.ChannelError, *, now: datetime, chance: float) -> Outcome:
    """With the provider's idempotency key it goes out again under the same key; else a person has to look."""
    if flight.wire.backend.capabilities.is_idempotent:
        return _try_again(_doubtful(flight, now), error, now=now, chance=chance)
    return _in_doubt_for_good(flight, error, now=now)


def _doubtful(flight: Flight, now: datetime) -> Flight:
    return replace(flight, in_doubt_since=flight.in_doubt_since or flight.left_at or now)


def _in_doubt_for_good(flight: Flight, error: errors.ChannelError, *, now: datetime) -> Outcome:
    """It may have arrived, and nothing that we could still do would tell."""
    effect = Advance(now, flight.step.id)
    return _outcome(flight, DeliveryState.UNKNOWN, effect, error, reason=Reason.OUTCOME_UNKNOWN, sign=Sign.FAILS)


def _turn(flight: Flight, error: errors.ChannelError, why: Reason, *, now: datetime) -> Outcome:
    """Not here: it is decided anew whether it may reach the person elsewhere. Each contact refuses it once."""
    turned = replace(flight, refused={**flight.refused, flight.contact.pk: Refusal(why, now)})
    return _outcome(turned, DeliveryState.WAITING, PutBack(now), error, sign=Sign.WORKS, uses_attempt=False)


def _window_closed(flight: Flight, error: errors.ChannelError, *, now: datetime) -> Outcome:
    """The provider says so itself: the step's own choice applies."""
    why = Reason.REPLY_WINDOW_CLOSED
    match without_route(flight.step.outside, why):
        case Hold():
            waits = WaitForReply()
            return _outcome(flight, DeliveryState.WAITING, waits, error, sign=Sign.WORKS, uses_attempt=False)
        case Stop(ended_because=because):
            end = End(because, flight.step.id)
            return _outcome(flight, _final(flight), end, error, reason=why, sign=Sign.WORKS)
        case _:
            goes_on = Advance(now, flight.step.id)
            return _outcome(flight, _final(flight), goes_on, error, reason=why, sign=Sign.WORKS)


def _final(flight: Flight) -> DeliveryState:
    return DeliveryState.SENT if flight.has_begun else DeliveryState.SKIPPED


def _failed(
    flight: Flight, error: errors.ChannelError, reason: Reason, effect: Effect, *, sign: Sign | None = Sign.WORKS
) -> Outcome:
    return _outcome(flight, DeliveryState.FAILED, effect, error, reason=reason, sign=sign)


def _outcome(
    flight: Flight,
    state: DeliveryState,
    effect: Effect,
    error: errors.ChannelError,
    *,
    reason: Reason | None = None,
    sign: Sign | None = None,
    uses_attempt: bool = True,
) -> Outcome:
    details = {"detail": error.detail[:500]} if error.detail else {}
    if state == DeliveryState.WAITING:
        details |= noted_doubt(flight.in_doubt_since) | noted_refusals(flight.refused)
    return Outcome(
        flight,
        state,
        effect,
        sign=sign,
        reason=reason.value if reason else "",
        details=details,
        uses_attempt=uses_attempt,
        parts_done=flight.parts_done,
        sent_at=flight.last_sent_at,
    )
