"""Decide what was claimed: what goes becomes a flight with a committed row, everything else is settled at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import transaction

from channels.messages import Route
from channels.models import Contact
from sequences.actions.claim import Claimed
from sequences.actions.flight import Flight
from sequences.actions.locking import share_sequences
from sequences.actions.planning import zone_of
from sequences.actions.settle import Advance, Books, Effect, End, PutBack, WaitForReply, settle
from sequences.actions.shelf import Shelf, stock
from sequences.actions.steps import steps_of
from sequences.models import Delivery, DeliveryState, Run, SequenceState, Subscription
from sequences.rules.policy import Decision, Facts, Hold, ReplyRule, Reschedule, Send, Skip, Stop, decide
from sequences.rules.reasons import Because, EndedBecause, Reason
from sequences.rules.rendering import Part, RenderingFailed
from sequences.rules.steps import StepSettings, next_step
from sequences.sql import dialect

REOPENED = (
    "state",
    "run",
    "attempts",
    "route",
    "decided_at",
    "request_started_at",
    "reason",
    "reason_details",
    "time_zone",
)

INSERTED = tuple(field.name for field in Delivery._meta.concrete_fields if not field.primary_key)
ATTRIBUTES = tuple(Delivery._meta.get_field(name).attname for name in INSERTED)


@dataclass(slots=True)
class Wave:
    """What one preparation collects before it writes anything."""

    run: Run
    now: datetime
    books: Books
    shelf: Shelf
    flights: list[tuple[Delivery, Flight]] = field(default_factory=list)
    closed: list[Delivery] = field(default_factory=list)
    effects: list[tuple[Subscription, Effect]] = field(default_factory=list)

    def settle(self, subscription: Subscription, effect: Effect) -> None:
        self.effects.append((subscription, effect))


@transaction.atomic
def prepare(claims: Iterable[Claimed], run: Run, *, now: datetime) -> list[Flight]:
    """The flights of what may go now, in the order of the claims; their delivery rows are SENDING when this commits."""
    claims = list(claims)
    probes = {claim.channel_id for claim in claims if claim.is_probe}
    wanted = [number for claim in claims for number in claim.subscription_ids]
    rows = Subscription.objects.active().filter(pk__in=wanted, run=run).select_related("contact").in_bulk()
    subscriptions = [rows[number] for number in wanted if number in rows]
    sequences = share_sequences(row.sequence_id for row in subscriptions)
    books = Books(sequences, steps_of(sequences))
    wave = Wave(run, now, books, stock(subscriptions, books))
    for subscription in subscriptions:
        _decide(wave, subscription, is_probe=subscription.channel_id in probes)
    _store_deliveries(wave)
    settle(wave.effects, books, run, now=now)
    return [flight for _, flight in wave.flights]


def _decide(wave: Wave, subscription: Subscription, *, is_probe: bool) -> None:
    steps = wave.books.steps.get(subscription.sequence_id, [])
    step = next_step(steps, subscription.last_step_id, subscription.done_steps)
    if step is None:
        wave.settle(subscription, PutBack())
        return
    subscription.next_step_id = step.id
    delivery = wave.shelf.deliveries.get((subscription.pk, step.id))
    if delivery is not None and not _may_go_on(delivery, wave.run):
        wave.settle(subscription, Advance(delivery.sent_at or delivery.decided_at, step.id))
        return
    decision = decide(_facts(wave, subscription, step, delivery))
    delivery = delivery or _new_delivery(wave, subscription, step)
    _act(wave, subscription, step, delivery, decision, is_probe=is_probe)


def _may_go_on(delivery: Delivery, run: Run) -> bool:
    """Never twice: only what waits, was passed over before anything went, or is ours and has surely not left."""
    match delivery.state:
        case DeliveryState.WAITING:
            return True
        case DeliveryState.SKIPPED:
            return delivery.reason == Reason.CONDITION_NOT_MET and not delivery.parts_done
        case DeliveryState.SENDING:
            return delivery.run_id == run.pk and delivery.request_started_at is None
    return False


def _facts(wave: Wave, subscription: Subscription, step: StepSettings, delivery: Delivery | None) -> Facts:
    contact, state = subscription.contact, wave.books.sequences[subscription.sequence_id].state
    wire = wave.shelf.wires[subscription.channel_id]
    return Facts(
        now=wave.now,
        step=step,
        zone=zone_of(contact, wave.books.time_zone(subscription)).tz,
        countdown_started_at=subscription.countdown_started_at,
        reply_rule=ReplyRule(
            length=wire.backend.reply_window(wire.account.settings),
            after_24_hours=wire.after_24_hours,
            last_interaction_at=contact.last_interaction_at,
            has_utility_template=wave.shelf.contents[step.sub_flow_id].has_template,
        ),
        not_before_at=subscription.not_before_at,
        has_begun=delivery is not None and delivery.parts_done > 0,
        is_sequence_paused=state == SequenceState.PAUSED,
        is_sequence_over=state in (SequenceState.ARCHIVED, SequenceState.DRAFT),
        has_opted_out=contact.opted_out_at is not None,
        has_blocked=contact.blocked_at is not None,
        is_channel_paused=subscription.channel_id in wave.shelf.paused_channels,
    )


def _act(
    wave: Wave,
    subscription: Subscription,
    step: StepSettings,
    delivery: Delivery,
    decision: Decision,
    *,
    is_probe: bool,
) -> None:
    match decision:
        case Send(route=route):
            _take_off(wave, subscription, step, delivery, route, is_probe=is_probe)
        case Reschedule():
            wave.settle(subscription, PutBack(subscription.not_before_at, has_begun=delivery.parts_done > 0))
        case Hold(until=None, why=Because.REPLY_WINDOW_CLOSED):
            _hold_for_reply(wave, subscription, delivery)
        case Hold(until=until, why=why):
            # Not before this moment, rather than not before the opening: an edit of the window may let it go earlier.
            not_before = subscription.not_before_at if until is None else wave.now
            wave.settle(subscription, PutBack(not_before, why, delivery.parts_done > 0))
        case Skip(why=why):
            _close(wave, delivery, DeliveryState.SKIPPED, why)
            wave.settle(subscription, Advance(wave.now, step.id))
        case Stop(ended_because=because, why=why):
            _stop(wave, subscription, step, delivery, because, why)


def _take_off(
    wave: Wave, subscription: Subscription, step: StepSettings, delivery: Delivery, route: Any, *, is_probe: bool
) -> None:
    content = wave.shelf.contents[step.sub_flow_id]
    # A tag may come or go on the way; blocks that were begun cannot be continued by a template.
    has_begun, is_template = delivery.parts_done > 0, route == Route.UTILITY_TEMPLATE
    is_other_content = has_begun and is_template != (delivery.route == Route.UTILITY_TEMPLATE)
    if is_other_content or (has_begun and delivery.parts_done >= content.length(route)):
        _close(wave, delivery, DeliveryState.SENT, Reason.REPLY_WINDOW_CLOSED if is_other_content else None)
        wave.settle(subscription, Advance(wave.now, step.id))
        return
    try:
        parts: tuple[Part, ...] = content.render(route, subscription.contact.placeholder_values())
    except RenderingFailed as error:
        _close(wave, delivery, DeliveryState.FAILED, Reason.RENDERING_FAILED, detail=str(error))
        wave.settle(subscription, Advance(wave.now, step.id))
        return
    if not parts:
        _close(wave, delivery, DeliveryState.FAILED, Reason.UNSUPPORTED)
        wave.settle(subscription, Advance(wave.now, step.id))
        return
    delivery.state, delivery.run, delivery.route = DeliveryState.SENDING, wave.run, str(route)
    delivery.attempts, delivery.decided_at, delivery.request_started_at = delivery.attempts + 1, wave.now, None
    delivery.reason, delivery.reason_details = "", {}
    wire = wave.shelf.wires[subscription.channel_id]
    flight = Flight(
        subscription, 0, step, route, parts, delivery.parts_done, delivery.attempts, wire, is_probe, delivery.sent_at
    )
    wave.flights.append((delivery, flight))


def _hold_for_reply(wave: Wave, subscription: Subscription, delivery: Delivery) -> None:
    """The person may be writing at this very moment: their row is locked and read again before we wait for them."""
    seen = subscription.contact.last_interaction_at
    fresh = Contact.objects.select_for_update(no_key=True).get(pk=subscription.contact_id)
    if fresh.last_interaction_at != seen:
        wave.settle(subscription, PutBack(subscription.not_before_at, has_begun=delivery.parts_done > 0))
    else:
        wave.settle(subscription, WaitForReply())


def _stop(
    wave: Wave,
    subscription: Subscription,
    step: StepSettings,
    delivery: Delivery,
    because: EndedBecause,
    why: Reason | None,
) -> None:
    if why is not None:
        _close(wave, delivery, DeliveryState.SKIPPED, why)
    wave.settle(subscription, End(because, step.id if why is not None else None))


def _new_delivery(wave: Wave, subscription: Subscription, step: StepSettings) -> Delivery:
    return Delivery(
        workspace_id=subscription.workspace_id,
        subscription=subscription,
        step_id=step.id,
        contact_id=subscription.contact_id,
        channel_id=subscription.channel_id,
        due_at=subscription.next_send_at or wave.now,
        decided_at=wave.now,
        time_zone=zone_of(subscription.contact, wave.books.time_zone(subscription)).name,
    )


def _close(wave: Wave, delivery: Delivery, state: DeliveryState, why: Reason | None, *, detail: str = "") -> None:
    """Decided for good. What was begun and cannot go on counts as sent, with the reason why the rest did not."""
    delivery.state = DeliveryState.SENT if delivery.parts_done else state
    delivery.reason = why.value if why else ""
    delivery.reason_details = {"detail": detail[:500]} if detail else {}
    delivery.decided_at, delivery.run, delivery.request_started_at = wave.now, None, None
    wave.closed.append(delivery)


def _store_deliveries(wave: Wave) -> None:
    """Insert the new rows and reopen the waiting ones; a flight without its row does not take off."""
    concerned = [delivery for delivery, _ in wave.flights] + wave.closed
    fresh = [delivery for delivery in concerned if delivery.pk is None]
    inserted = dialect().insert_rows(Delivery, INSERTED, [[getattr(row, name) for name in ATTRIBUTES] for row in fresh])
    for delivery, number in zip(fresh, inserted, strict=True):
        delivery.pk = number
    known = [delivery for delivery in concerned if delivery.pk in wave.shelf.known_deliveries]
    rows = [(row.pk, *(row.run_id if name == "run" else getattr(row, name) for name in REOPENED)) for row in known]
    dialect().update_rows(Delivery, REOPENED, rows)
    wave.flights = [(delivery, replace(flight, delivery_id=delivery.pk)) for delivery, flight in wave.flights]
