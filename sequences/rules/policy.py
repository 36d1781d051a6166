"""Whether a message goes, decided at the moment of sending: facts in, one of a closed set of outcomes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import NamedTuple

from channels.messages import Route
from sequences.rules import timing
from sequences.rules.fall_back import Elsewhere, other_way
from sequences.rules.reasons import Because, EndedBecause, Reason
from sequences.rules.routes import ReplyRule as ReplyRule
from sequences.rules.routes import choose_route as choose_route
from sequences.rules.steps import StepSettings


@dataclass(frozen=True, slots=True)
class Send:
    """`via` is the contact on another channel that it goes to, `instead_because` why not to the person's own one."""

    route: Route
    via: int | None = None
    instead_because: Reason | None = None


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


class Facts(NamedTuple):
    """All that the decision depends on, as it is now. `has_begun`: a part of this sub-flow was accepted already.

    `is_gone`: unreachable here, without a wish of the person; `refused`: the provider says so itself, of this message.
    `others` are the same person's other contacts, in the order in which they are tried.

    A tuple, for it is made for every message: a frozen dataclass of so many fields costs five times as much.
    """

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
    is_gone: bool = False
    refused: Reason | None = None
    others: Sequence[Elsewhere] = ()


_SENDS = {route: Send(route) for route in Route}  # what is decided for most messages


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
    schedule, now, not_before = facts.step.schedule, facts.now, facts.not_before_at
    is_over = facts.countdown_started_at + schedule.delay <= now and (not_before is None or not_before <= now)
    if is_over and timing.is_open(now, schedule, facts.zone):
        return None  # whenever the window opened since: it is open now
    due = timing.due(facts.countdown_started_at, schedule, facts.zone, not_before=not_before)
    return Reschedule(due) if due.at > now else None


def _nothing_to_send(facts: Facts) -> Stop | Hold | None:
    if facts.is_sequence_over:
        return Stop(EndedBecause.SEQUENCE_ARCHIVED)
    return Hold(None, Because.SEQUENCE_PAUSED) if facts.is_sequence_paused else None


def _person_is_gone(facts: Facts) -> Stop | None:
    if facts.has_opted_out:
        return Stop(EndedBecause.OPTED_OUT, Reason.CONTACT_GONE)
    if facts.has_blocked:
        return Stop(EndedBecause.BLOCKED, Reason.CONTACT_GONE)
    if facts.is_gone and other_way(facts.step, facts.others, facts.now) is None:
        return Stop(EndedBecause.CONTACT_GONE, Reason.CONTACT_GONE)
    return None


def _outside_window(facts: Facts) -> Hold | None:
    if facts.has_begun or timing.is_open(facts.now, facts.step.schedule, facts.zone):
        return None
    until = timing.first_open(facts.now, facts.step.schedule, facts.zone)
    return Hold(until, Because(timing.why_closed(facts.now, facts.step.schedule, facts.zone)))


def _channel_waits(facts: Facts) -> Hold | None:
    """Where nobody is, the channel's health does not matter: whether another one is paused is seen in its own line."""
    return Hold(None, Because.CHANNEL_PAUSED) if facts.is_channel_paused and not facts.is_gone else None


def _by_reply_rule(facts: Facts) -> Decision:
    match _at_home(facts):
        case Route() as route:
            return _SENDS[route]
        case Reason() as why:
            found = other_way(facts.step, facts.others, facts.now)
            return Send(found[1], found[0].contact_id, why) if found else without_route(facts.step.outside, why)


def _at_home(facts: Facts) -> Route | Reason:
    if facts.is_gone:
        return Reason.CONTACT_GONE
    return facts.refused or choose_route(facts.step, facts.reply_rule, facts.now)
