"""What would happen to one person in a whole sequence: timing and policy folded over its steps. Nothing is stored.

`walk.py` answers more (replies, pauses, what a message does) and costs five times as much a step; the form asks this
for hundreds of people while somebody types. Both ask the same rules, and tests hold each against the engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from enum import StrEnum

from channels import window
from channels.messages import Route
from sequences.rules import timing
from sequences.rules.fall_back import Elsewhere, other_way
from sequences.rules.policy import Hold, ReplyRule, Skip, choose_route, without_route
from sequences.rules.reasons import Reason
from sequences.rules.steps import StepSettings


class Outcome(StrEnum):
    """What becomes of one message; everything behind a HOLD or a STOP is NOT_REACHED."""

    SEND = "send"
    SKIP = "skip"
    HOLD = "hold"
    STOP = "stop"
    NOT_REACHED = "not_reached"


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A step and its place in the list that was given. `reply_rule` differs by step only in the bound template.

    `others` are the same person's contacts elsewhere; nobody, of whoever does not want to hear from us here.
    """

    index: int
    settings: StepSettings
    reply_rule: ReplyRule
    others: tuple[Elsewhere, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline. `sends_at` is the moment of the decision, also for a skip; None when not reached.

    `via`: it goes to this contact, because the person cannot be reached on their own channel (`instead_because`).
    """

    index: int
    outcome: Outcome
    countdown_starts_at: datetime | None = None
    countdown_ends_at: datetime | None = None
    sends_at: datetime | None = None
    route: Route | None = None
    reason: Reason | None = None
    via: Elsewhere | None = None
    instead_because: Reason | None = None

    @property
    def is_held(self) -> bool:
        """Whether the send window moves it behind the end of its countdown."""
        return self.sends_at != self.countdown_ends_at


def timeline(
    steps: Sequence[PlannedStep],
    subscribed_at: datetime,
    zone: tzinfo,
    *,
    is_contact_gone: bool = False,
    not_before: datetime | None = None,
) -> tuple[Entry, ...]:
    """One entry a step that is switched on; each countdown starts where the message before was decided.

    `is_contact_gone`: they opted out or blocked us. For somebody inside, `steps` are those ahead, `subscribed_at` is
    when their countdown began and `not_before` the earliest moment of the next message. Raises OverflowError near the
    ends of Python's calendar.
    """
    entries: list[Entry] = []
    starts_at: datetime | None = subscribed_at
    for step in steps:
        if not step.settings.is_open:
            continue
        entry = Entry(step.index, Outcome.NOT_REACHED)
        if starts_at is not None:
            earliest = None if entries else not_before
            entry = _entry(step, starts_at, zone, earliest, is_contact_gone=is_contact_gone)
        starts_at = entry.sends_at if entry.outcome in (Outcome.SEND, Outcome.SKIP) else None
        entries.append(entry)
    return tuple(entries)


def is_late(step: PlannedStep, at: datetime) -> bool:
    """Whether the 24-hour rule would find its window closed for this message then."""
    return not window.is_open(step.reply_rule.last_interaction_at, step.reply_rule.length, now=at)


def _entry(
    step: PlannedStep, starts_at: datetime, zone: tzinfo, not_before: datetime | None, *, is_contact_gone: bool
) -> Entry:
    due = timing.due(starts_at, step.settings.schedule, zone, not_before=not_before)
    gone = Outcome.STOP, None, Reason.CONTACT_GONE
    outcome, route, reason = gone if is_contact_gone else _decision(step, due.at)
    entry = Entry(step.index, outcome, starts_at, due.countdown_ends_at, due.at, route, reason)
    return entry if reason is None else _or_elsewhere(entry, step, due.at)


def _or_elsewhere(entry: Entry, step: PlannedStep, at: datetime) -> Entry:
    found = other_way(step.settings, step.others, at)
    if found is None:
        return entry
    via, route = found
    return replace(entry, outcome=Outcome.SEND, route=route, reason=None, via=via, instead_because=entry.reason)


def _decision(step: PlannedStep, at: datetime) -> tuple[Outcome, Route | None, Reason | None]:
    chosen = choose_route(step.settings, step.reply_rule, at)
    if isinstance(chosen, Route):
        return Outcome.SEND, chosen, None
    match without_route(step.settings.outside, chosen):
        case Skip():
            return Outcome.SKIP, None, chosen
        case Hold():
            return Outcome.HOLD, None, chosen
        case _:
            return Outcome.STOP, None, chosen
