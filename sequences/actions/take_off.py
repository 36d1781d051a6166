"""From a decision to its deeds, collected for a whole wave: flights, closed deliveries, effects on subscriptions."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from channels.messages import Route
from channels.models import Contact
from sequences.actions.bounds import Watch
from sequences.actions.doubt import doubt_in, is_key_forgotten
from sequences.actions.flight import Flight, Wire
from sequences.actions.ledger import Entry
from sequences.actions.refusals import refusals_in
from sequences.actions.settle import Advance, Books, Effect, End, PutBack
from sequences.actions.shelf import Content, Shelf
from sequences.models import DeliveryState, SequenceState, Subscription
from sequences.rules.policy import Decision, Hold, ReplyRule, Reschedule, Send, Skip, Stop
from sequences.rules.reasons import Because, EndedBecause, Reason
from sequences.rules.rendering import Part, RenderingFailed
from sequences.rules.steps import StepSettings

log = logging.getLogger(__name__)

_WORDS = {route: route.value for route in Route}


class Standing(NamedTuple):
    """Of a sequence; `time_zone` is its workspace's."""

    is_paused: bool
    is_over: bool
    time_zone: str


@dataclass(slots=True)
class Wave:
    """What one preparation collects before it writes anything."""

    run_id: int
    now: datetime
    books: Books
    shelf: Shelf
    flights: list[tuple[Entry, Flight]] = field(default_factory=list)
    closed: list[Entry] = field(default_factory=list)
    holds: list[Case] = field(default_factory=list)
    effects: list[tuple[Subscription, Effect]] = field(default_factory=list)
    watch: Watch = field(default_factory=Watch)
    # By the channel whose line they left: nothing of theirs weighs on its speed.
    changed_lines: Counter[int] = field(default_factory=Counter)
    _standings: dict[int, Standing] = field(default_factory=dict)
    _rules: dict[tuple[int, int], ReplyRule] = field(default_factory=dict)

    def standing(self, sequence_id: int) -> Standing:
        """How a sequence stands: the same for all of its messages."""
        known = self._standings.get(sequence_id)
        if known is None:
            sequence = self.books.sequences[sequence_id]
            is_over = sequence.state in (SequenceState.ARCHIVED, SequenceState.DRAFT)
            is_paused, time_zone = sequence.state == SequenceState.PAUSED, sequence.workspace.time_zone
            known = self._standings[sequence_id] = Standing(is_paused, is_over, time_zone)
        return known

    def reply_rule(self, contact: Contact, sub_flow_id: int) -> ReplyRule:
        """Of a channel and a sub-flow the same for everybody, but for when each person wrote."""
        key = (contact.channel_id, sub_flow_id)
        rule = self._rules.get(key)
        if rule is None:
            wire, has_template = self.shelf.wires[key[0]], self.shelf.may_send_template(*key)
            length = wire.backend.reply_window(wire.account.settings)
            rule = self._rules[key] = ReplyRule(length, wire.after_24_hours, None, has_template)
        return ReplyRule(rule.length, rule.after_24_hours, contact.last_interaction_at, rule.has_utility_template)

    def settle(self, subscription: Subscription, effect: Effect) -> None:
        self.effects.append((subscription, effect))

    def close(self, entry: Entry, state: DeliveryState, why: Reason | None, detail: str = "") -> None:
        entry.close(state, why, detail, now=self.now)
        self.closed.append(entry)


@dataclass(slots=True, eq=False)
class Case:
    """One subscription, the message that is next, and its delivery."""

    subscription: Subscription
    step: StepSettings
    entry: Entry
    is_probe: bool
    via: Contact | None = None
    has_other_way: bool = False

    @property
    def contact(self) -> Contact:
        return self.via or self.subscription.contact

    @property
    def has_begun(self) -> bool:
        return self.entry.sent_at is not None


def act_on(decision: Decision, case: Case, wave: Wave) -> None:
    """Collect what the decision means; nothing is written yet."""
    subscription = case.subscription
    match decision:
        case Send() as send:
            _go(case, send, wave)
        case Reschedule():
            wave.settle(subscription, PutBack(subscription.not_before_at, has_begun=case.has_begun))
        case Hold(until=None, why=Because.REPLY_WINDOW_CLOSED):
            wave.holds.append(case)
        case Hold(until=until, why=why):
            # Not before this moment, rather than not before the opening: an edit of the window may let it go earlier.
            not_before = subscription.not_before_at if until is None else wave.now
            wave.settle(subscription, PutBack(not_before, why, case.has_begun))
        case Skip(why=why):
            _give_up(case, DeliveryState.SKIPPED, why, wave)
        case Stop(ended_because=because, why=why):
            _stop(case, because, why, wave)


def _go(case: Case, send: Send, wave: Wave) -> None:
    """Take off from the line of the channel that it goes by; whoever stands in another one changes lines first."""
    subscription, contact, entry = case.subscription, case.contact, case.entry
    channel_id = contact.channel_id
    if subscription.channel_id != channel_id:
        wave.changed_lines[subscription.channel_id] += 1
        subscription.channel_id = channel_id
        wave.settle(subscription, PutBack(subscription.not_before_at, has_begun=case.has_begun))
    elif channel_id in wave.shelf.paused_channels:
        wave.settle(subscription, PutBack(subscription.not_before_at, Because.CHANNEL_PAUSED, case.has_begun))
    else:
        if entry.channel_id != channel_id:
            _begin_anew_if_it_differs(case, wave)
        entry.go_to(contact, send.instead_because.value if send.instead_because else "")
        _take_off(case, send.route, wave)


def _begin_anew_if_it_differs(case: Case, wave: Wave) -> None:
    """Elsewhere the sub-flow may have parts of its own; what was done of it here were actions and pauses only."""
    entry, content = case.entry, wave.shelf.contents[case.step.sub_flow_id]
    if entry.is_bound:
        return
    if content.on(entry.channel_id) is not content.on(case.contact.channel_id):
        entry.parts_done = 0


def _take_off(case: Case, route: Route, wave: Wave) -> None:
    channel_id = case.contact.channel_id
    entry, content = case.entry, wave.shelf.contents[case.step.sub_flow_id].on(channel_id)
    wire, doubt = wave.shelf.wires[channel_id], doubt_in(entry.reason_details)
    # A tag may come or go on the way; blocks that were begun cannot be continued by a template.
    is_template, has_begun = route == Route.UTILITY_TEMPLATE, entry.sent_at is not None
    is_other_content = has_begun and is_template != (entry.route == Route.UTILITY_TEMPLATE)
    if is_template and not has_begun:
        # What went before the first message were actions and pauses: the template takes their place.
        entry.parts_done = 0
    if doubt is not None and is_key_forgotten(doubt, wire.backend.capabilities, now=wave.now):
        _give_up(case, DeliveryState.UNKNOWN, Reason.OUTCOME_UNKNOWN, wave)
        return
    if is_other_content or 0 < content.length(route) <= entry.parts_done:
        _give_up(case, DeliveryState.SENT, Reason.REPLY_WINDOW_CLOSED if is_other_content else None, wave)
        return
    parts = _rendered(case, content, route, wire, wave)
    if parts is None:
        return
    if not parts:
        _give_up(case, DeliveryState.FAILED, Reason.UNSUPPORTED, wave)
        return
    if len(parts) <= entry.parts_done:
        _give_up(case, DeliveryState.SENT, None, wave)
        return
    entry.send(_WORDS[route], wave.run_id, now=wave.now)
    wave.flights.append((entry, _flight(case, route, parts, wire, doubt)))


def _rendered(case: Case, content: Content, route: Route, wire: Wire, wave: Wave) -> tuple[Part, ...] | None:
    """The parts for this person; None where there are none to be had, and the message is given up."""
    try:
        wave.watch.rendering = case.subscription.pk
        slots = wave.shelf.slots_of(wire.channel_id, content)
        values = case.contact.placeholder_values()
        return content.render_for(wire.backend, route, values, slots)
    except RenderingFailed as error:
        _give_up(case, DeliveryState.FAILED, Reason.RENDERING_FAILED, wave, detail=str(error))
    except Exception:  # noqa: BLE001  # one message that nobody foresaw fails, not the hundreds decided beside it
        log.exception("a message could not be rendered", extra={"subscription": case.subscription.pk})
        _give_up(case, DeliveryState.FAILED, Reason.RENDERING_FAILED, wave, detail="unforeseen")
    finally:
        wave.watch.rendering = None
    return None


def _flight(case: Case, route: Route, parts: tuple[Part, ...], wire: Wire, doubt: datetime | None) -> Flight:
    entry = case.entry
    refused = refusals_in(entry.reason_details) if entry.reason_details else {}
    # In the order of the fields: with a name for each it would take twice as long, for every message.
    return Flight(
        case.subscription,
        case.contact,
        entry.id or 0,
        case.step,
        route,
        parts,
        entry.parts_done,
        entry.attempts,
        wire,
        case.is_probe,
        entry.sent_at,
        None,  # left_at
        doubt,
        case.has_other_way,
        refused,
    )


def _give_up(case: Case, state: DeliveryState, why: Reason | None, wave: Wave, *, detail: str = "") -> None:
    """This message is decided for good; the sequence goes on."""
    wave.close(case.entry, state, why, detail)
    wave.settle(case.subscription, Advance(wave.now, case.step.id))


def _stop(case: Case, because: EndedBecause, why: Reason | None, wave: Wave) -> None:
    if why is not None:
        wave.close(case.entry, DeliveryState.SKIPPED, why)
    wave.settle(case.subscription, End(because, case.step.id if why is not None else None))
