"""One person walked through a sequence on any clock: what happens up to a moment, by the rules of the engine.

A rehearsal walks a made-up person on a virtual clock; the page of a contact walks a real one into the future.
Nothing is stored, and nothing is sent: what would be done comes back as events.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum

from channels.messages import Route
from sequences.rules.fall_back import Elsewhere
from sequences.rules.plan import Plan, Progress, plan_next
from sequences.rules.policy import Facts, Hold, ReplyRule, Send, Skip, Stop, choose_route, decide
from sequences.rules.reasons import Because, EndedBecause, Reason
from sequences.rules.rendering import ActionPart, MessagePart, Part, PausePart
from sequences.rules.steps import StepSettings


@dataclass(frozen=True, slots=True)
class Stand:
    """How far the person has come, and what they did. `waits_for_reply`: nothing moves until they write."""

    countdown_started_at: datetime
    last_step_id: int | None = None
    done: tuple[int, ...] = ()
    not_before_at: datetime | None = None
    has_begun: bool = False
    first_sent_at: datetime | None = None
    last_interaction_at: datetime | None = None
    waits_for_reply: bool = False
    ended_because: EndedBecause | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """A message filled in. `trouble` says why the parts behind those listed cannot be sent."""

    parts: tuple[Part, ...] = ()
    trouble: Reason | None = None
    detail: str = ""


def _unread(step: StepSettings, route: Route) -> Made:
    return Made()


def _nobody(step: StepSettings) -> tuple[Elsewhere, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class Scene:
    """The settings a person is walked by. `make` fills in a message; without it messages are looked at from outside.

    `templated` are the sub-flows with a bound template; `own_id` is the sequence's, as buttons and actions name it.
    `others` are the same person's contacts elsewhere, `is_gone`: unreachable on their own channel.
    """

    steps: Sequence[StepSettings]
    zone: tzinfo
    reply_rule: ReplyRule
    templated: Collection[int] = frozenset()
    stops_on_reply: bool = False
    own_id: str = ""
    others: Callable[[StepSettings], tuple[Elsewhere, ...]] = field(default=_nobody)
    is_gone: bool = False
    make: Callable[[StepSettings, Route], Made] = field(default=_unread)


class Happening(StrEnum):
    SENT = "sent"
    FAILED = "failed"
    SKIPPED = "skipped"
    HELD = "held"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Event:
    """`at` is the moment of the decision. `because` says why not earlier; parts come with the moment of each."""

    happening: Happening
    at: datetime
    step: StepSettings | None = None
    because: Because | None = None
    countdown_ends_at: datetime | None = None
    route: Route | None = None
    parts: tuple[tuple[datetime, Part], ...] = ()
    reason: Reason | None = None
    detail: str = ""
    ended_because: EndedBecause | None = None
    via: Elsewhere | None = None
    instead_because: Reason | None = None


def upcoming(stand: Stand, scene: Scene) -> Plan | None:
    """What comes next by the clock; None when nothing does."""
    if stand.ended_because or stand.waits_for_reply:
        return None
    progress = Progress(
        stand.countdown_started_at, stand.last_step_id, stand.done, stand.not_before_at, stand.has_begun
    )
    return plan_next(scene.steps, progress, scene.zone, is_paused=False)


def walk(stand: Stand, scene: Scene, until: datetime) -> tuple[Stand, list[Event]]:
    """Everything that happens up to `until`, in order, and where the person stands then."""
    events: list[Event] = []
    while not stand.ended_because and not stand.waits_for_reply:
        plan = upcoming(stand, scene)
        if plan is None:
            because = EndedBecause.COMPLETED
            events.append(Event(Happening.ENDED, stand.countdown_started_at, ended_because=because))
            return replace(stand, ended_because=because), events
        if plan.next_send_at is None or plan.next_send_at > until:
            break
        stand, event = _take(stand, scene, plan, plan.next_send_at)
        events.append(event)
        if stand.ended_because:
            events.append(Event(Happening.ENDED, stand.countdown_started_at, ended_because=stand.ended_because))
    return stand, events


def reply(stand: Stand, scene: Scene, at: datetime) -> tuple[Stand, list[Event]]:
    """They write or tap at `at`: the reply window is open, what it held goes on, a sequence may stop for it."""
    stand = replace(stand, last_interaction_at=at)
    if stand.ended_because:
        return stand, []
    if scene.stops_on_reply and stand.first_sent_at and stand.first_sent_at <= at:
        return end(stand, EndedBecause.REPLIED, at)
    if stand.waits_for_reply:
        not_before = at if stand.not_before_at is None else max(at, stand.not_before_at)
        stand = replace(stand, waits_for_reply=False, not_before_at=not_before)
    return stand, []


def end(stand: Stand, because: EndedBecause, at: datetime) -> tuple[Stand, list[Event]]:
    stand = replace(stand, ended_because=because, waits_for_reply=False)
    return stand, [Event(Happening.ENDED, at, ended_because=because)]


def _take(stand: Stand, scene: Scene, plan: Plan, at: datetime) -> tuple[Stand, Event]:
    """Decide the message that is due at `at`, as it would be decided then."""
    step = plan.step
    rule = scene.reply_rule._replace(
        last_interaction_at=stand.last_interaction_at,
        has_utility_template=step.sub_flow_id in scene.templated,
    )
    ends_at = stand.countdown_started_at + step.schedule.delay
    seen = Event(Happening.SENT, at, step, plan.because, ends_at)
    facts = Facts(
        now=at,
        step=step,
        zone=scene.zone,
        countdown_started_at=stand.countdown_started_at,
        reply_rule=rule,
        not_before_at=stand.not_before_at,
        has_begun=stand.has_begun,
        is_gone=scene.is_gone,
        others=() if stand.has_begun else scene.others(step),
    )
    match decide(facts):
        case Send(route=route, via=number, instead_because=why):
            via = next((one for one in facts.others if one.contact_id == number), None)
            return _send(stand, scene, replace(seen, route=route, via=via, instead_because=why), step, route)
        case Skip(why=why):
            return _done(stand, step, at), replace(seen, happening=Happening.SKIPPED, reason=why)
        case Stop(ended_because=because, why=why):
            ended = replace(_done(stand, step, at), ended_because=because)
            return ended, replace(seen, happening=Happening.SKIPPED, reason=why)
        case Hold(until=None):
            # A hold names the wait; what stands in the way is the route's word.
            chosen = choose_route(step, rule, at)
            reason = chosen if isinstance(chosen, Reason) else None
            return replace(stand, waits_for_reply=True), replace(seen, happening=Happening.HELD, reason=reason)
        case other:
            raise AssertionError(f"planned and decided by the same settings: {other}")


def _send(stand: Stand, scene: Scene, event: Event, step: StepSettings, route: Route) -> tuple[Stand, Event]:
    made = scene.make(step, route)
    dated, leaves = _dated(made.parts, event.at, scene.own_id)
    sent = [moment for moment, part in dated if isinstance(part, MessagePart)]
    last = sent[-1] if sent else event.at
    # Looked at from outside, a message counts as one that has something to say.
    first = sent[0] if sent else (None if made.parts or made.trouble else event.at)
    stand = _done(stand, step, last)
    stand = replace(stand, first_sent_at=stand.first_sent_at or first)
    if leaves:
        stand = replace(stand, ended_because=EndedBecause.UNSUBSCRIBED)
    if made.trouble and not leaves:
        return stand, replace(event, happening=Happening.FAILED, parts=dated, reason=made.trouble, detail=made.detail)
    return stand, replace(event, parts=dated)


def _dated(parts: Sequence[Part], at: datetime, own_id: str) -> tuple[tuple[tuple[datetime, Part], ...], bool]:
    """Each part with its moment, up to the action that takes the person out of this sequence; whether one does."""
    dated: list[tuple[datetime, Part]] = []
    for part in parts:
        dated.append((at, part))
        if isinstance(part, PausePart):
            at += timedelta(seconds=part.seconds)
        elif isinstance(part, ActionPart) and part.verb == "unsubscribe" and part.sequence == own_id:
            return tuple(dated), True
    return tuple(dated), False


def _done(stand: Stand, step: StepSettings, at: datetime) -> Stand:
    return replace(
        stand,
        countdown_started_at=at,
        last_step_id=step.id,
        done=(*stand.done, step.id),
        not_before_at=None,
        has_begun=False,
    )
