"""Whether a message goes, decided at the moment of sending: facts in, one of a closed set of outcomes out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from channels import window
from channels.messages import ContentType, Route
from sequences.rules import timing
from sequences.rules.reasons import Because, EndedBecause, Reason
from sequences.rules.steps import StepSettings


@dataclass(frozen=True, slots=True)
class Send:
    route: Route


@dataclass(frozen=True, slots=True)
class Hold:
    """Not now, and no attempt is used. `until` is None when only an event can end it (`why` names which)."""

    until: datetime | None
    why: Because


@dataclass(frozen=True, slots=True)
class Skip:
    """This message never goes; the sequence goes on."""

    why: Reason


@dataclass(frozen=True, slots=True)
class Stop:
    """The subscription ends; `why` is None when it is not this message's doing."""

    ended_because: EndedBecause
    why: Reason | None = None


@dataclass(frozen=True, slots=True)
class Reschedule:
    """By the settings as they are now the moment has not come yet."""

    due: timing.Due


Decision = Send | Hold | Skip | Stop | Reschedule


@dataclass(frozen=True, slots=True)
class ReplyRule:
    """What a channel's 24-hour rule says about one person: `length` None where the channel has no such rule."""

    length: timedelta | None
    after_24_hours: str = "never"
    last_interaction_at: datetime | None = None
    has_utility_template: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the decision depends on, as it is now. `has_begun`: a part of this sub-flow was accepted already."""

    now: datetime
    step: StepSettings
    zone: tzinfo
    countdown_started_at: datetime
    reply_rule: ReplyRule
    not_before_at: datetime | None = None
    has_begun: bool = False
    is_sequence_paused: bool = False
    is_sequence_over: bool = False
    has_opted_out: bool = False
    has_blocked: bool = False
    is_channel_paused: bool = False


def decide(facts: Facts) -> Decision:
    """The first of the rules that has something to say; their order is part of them."""
    return (
        _too_early(facts)
        or _nothing_to_send(facts)
        or _person_is_gone(facts)
        or _outside_window(facts)
        or _channel_waits(facts)
        or _by_reply_rule(facts)
    )


def choose_route(step: StepSettings, rule: ReplyRule, at: datetime) -> Route | Reason:
    """How this message may travel at `at`, or why it may not. Inside the window never with a tag."""
    if window.is_open(rule.last_interaction_at, rule.length, now=at):
        return Route.MESSAGE
    if step.content_type == ContentType.DEFAULT or rule.after_24_hours == "never":
        return Reason.REPLY_WINDOW_CLOSED
    if rule.after_24_hours == "message_tag":
        return Route.MESSAGE_TAG
    return Route.UTILITY_TEMPLATE if rule.has_utility_template else Reason.NO_UTILITY_TEMPLATE


def without_route(choice: str, why: Reason) -> Hold | Skip | Stop:
    """The step's own choice where no route remains."""
    match choice:
        case "hold":
            return Hold(None, Because.REPLY_WINDOW_CLOSED)
        case "stop":
            return Stop(EndedBecause.STOPPED_BY_STEP, why)
        case _:
            return Skip(why)


def _too_early(facts: Facts) -> Reschedule | None:
    if facts.has_begun:
        if facts.not_before_at is None or facts.not_before_at <= facts.now:
            return None
        return Reschedule(timing.Due(facts.not_before_at, facts.not_before_at, Because.PAUSE_BLOCK))
    due = timing.due(facts.countdown_started_at, facts.step.schedule, facts.zone, not_before=facts.not_before_at)
    return Reschedule(due) if due.at > facts.now else None


def _nothing_to_send(facts: Facts) -> Stop | Hold | None:
    if facts.is_sequence_over:
        return Stop(EndedBecause.SEQUENCE_ARCHIVED)
    return Hold(None, Because.SEQUENCE_PAUSED) if facts.is_sequence_paused else None


def _person_is_gone(facts: Facts) -> Stop | None:
    if facts.has_opted_out:
        return Stop(EndedBecause.OPTED_OUT, Reason.CONTACT_GONE)
    return Stop(EndedBecause.BLOCKED, Reason.CONTACT_GONE) if facts.has_blocked else None


def _outside_window(facts: Facts) -> Hold | None:
    if facts.has_begun or timing.is_open(facts.now, facts.step.schedule, facts.zone):
        return None
    until = timing.first_open(facts.now, facts.step.schedule, facts.zone)
    return Hold(until, Because(timing.why_closed(facts.now, facts.step.schedule, facts.zone)))


def _channel_waits(facts: Facts) -> Hold | None:
    return Hold(None, Because.CHANNEL_PAUSED) if facts.is_channel_paused else None


def _by_reply_rule(facts: Facts) -> Decision:
    match choose_route(facts.step, facts.reply_rule, facts.now):
        case Route() as route:
            return Send(route)
        case Reason() as why:
            return without_route(facts.step.outside, why)
