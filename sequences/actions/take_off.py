"""From a decision to its deeds, collected for a whole wave: flights, closed deliveries, effects on subscriptions."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from channels.messages import Route
from channels.models import Contact
from sequences.actions.flight import Flight
from sequences.actions.ledger import Entry
from sequences.actions.settle import Advance, Books, Effect, End, PutBack, WaitForReply
from sequences.actions.shelf import Shelf
from sequences.models import DeliveryState, Run, Subscription
from sequences.rules.policy import Decision, Hold, Reschedule, Send, Skip, Stop
from sequences.rules.reasons import Because, EndedBecause, Reason
from sequences.rules.rendering import Part, RenderingFailed
from sequences.rules.steps import StepSettings

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Wave:
    """What one preparation collects before it writes anything. A flight is made when its delivery has its number."""

    run: Run
    now: datetime
    books: Books
    shelf: Shelf
    flights: list[tuple[Entry, Callable[[int], Flight]]] = field(default_factory=list)
    closed: list[Entry] = field(default_factory=list)
    holds: list[Case] = field(default_factory=list)
    effects: list[tuple[Subscription, Effect]] = field(default_factory=list)

    def settle(self, subscription: Subscription, effect: Effect) -> None:
        self.effects.append((subscription, effect))

    def close(self, entry: Entry, state: DeliveryState, why: Reason | None, detail: str = "") -> None:
        entry.close(state, why, detail, now=self.now)
        self.closed.append(entry)


@dataclass(frozen=True, slots=True)
class Case:
    """One subscription, the message that is next, and its delivery."""

    subscription: Subscription
    step: StepSettings
    entry: Entry
    is_probe: bool

    @property
    def has_begun(self) -> bool:
        return self.entry.sent_at is not None


def act_on(decision: Decision, case: Case, wave: Wave) -> None:
    """Collect what the decision means; nothing is written yet."""
    subscription = case.subscription
    match decision:
        case Send(route=route):
            _take_off(case, route, wave)
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


def _take_off(case: Case, route: Route, wave: Wave) -> None:
    entry, content = case.entry, wave.shelf.contents[case.step.sub_flow_id]
    # A tag may come or go on the way; blocks that were begun cannot be continued by a template.
    is_template = route == Route.UTILITY_TEMPLATE
    is_other_content = case.has_begun and is_template != (entry.route == Route.UTILITY_TEMPLATE)
    if not case.has_begun and entry.parts_done and is_template:
        entry.parts_done = (
            0  # what went before the first message were actions and pauses: the template takes their place
        )
    if is_other_content or 0 < content.length(route) <= entry.parts_done:
        _give_up(case, DeliveryState.SENT, Reason.REPLY_WINDOW_CLOSED if is_other_content else None, wave)
        return
    try:
        slots = wave.shelf.slots_of(case.subscription.channel_id, content)
        parts = content.render(route, case.subscription.contact.placeholder_values(), slots)
    except RenderingFailed as error:
        _give_up(case, DeliveryState.FAILED, Reason.RENDERING_FAILED, wave, detail=str(error))
        return
    except Exception:  # noqa: BLE001  # one message that nobody foresaw fails, not the hundreds decided beside it
        log.exception("a message could not be rendered", extra={"subscription": case.subscription.pk})
        _give_up(case, DeliveryState.FAILED, Reason.RENDERING_FAILED, wave, detail="unforeseen")
        return
    if not parts:
        _give_up(case, DeliveryState.FAILED, Reason.UNSUPPORTED, wave)
        return
    entry.send(route.value, wave.run.pk, now=wave.now)
    wave.flights.append((entry, partial(_flight, case, route, parts, wave)))


def _flight(case: Case, route: Route, parts: tuple[Part, ...], wave: Wave, delivery_id: int) -> Flight:
    entry, wire = case.entry, wave.shelf.wires[case.subscription.channel_id]
    return Flight(
        subscription=case.subscription,
        delivery_id=delivery_id,
        step=case.step,
        route=route,
        parts=parts,
        parts_done=entry.parts_done,
        attempts=entry.attempts,
        wire=wire,
        is_probe=case.is_probe,
        last_sent_at=entry.sent_at,
    )


def _give_up(case: Case, state: DeliveryState, why: Reason | None, wave: Wave, *, detail: str = "") -> None:
    """This message is decided for good; the sequence goes on."""
    wave.close(case.entry, state, why, detail)
    wave.settle(case.subscription, Advance(wave.now, case.step.id))


def settle_holds(wave: Wave) -> None:
    """They may be writing at this very moment: their rows are locked and read again before we wait for them."""
    people = sorted({case.subscription.contact_id for case in wave.holds})
    rows = Contact.objects.select_for_update(no_key=True).filter(pk__in=people).order_by("pk") if people else ()
    written_at = {row.pk: row.last_interaction_at for row in rows}
    for case in wave.holds:
        subscription = case.subscription
        if written_at[subscription.contact_id] == subscription.contact.last_interaction_at:
            wave.settle(subscription, WaitForReply())
        else:
            wave.settle(subscription, PutBack(subscription.not_before_at, has_begun=case.has_begun))


def _stop(case: Case, because: EndedBecause, why: Reason | None, wave: Wave) -> None:
    if why is not None:
        wave.close(case.entry, DeliveryState.SKIPPED, why)
    wave.settle(case.subscription, End(because, case.step.id if why is not None else None))
