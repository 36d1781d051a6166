"""Decide what was claimed: what goes becomes a flight with a committed row, everything else is settled at once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sequencer.workspaces.transactions import committed_as
from sequences.actions.bounds import bounded
from sequences.actions.claim import Claimed, charge
from sequences.actions.flight import Flight
from sequences.actions.holds import settle_holds
from sequences.actions.in_hand import claimed_by
from sequences.actions.ledger import Entry, store_entries
from sequences.actions.locking import share_sequences
from sequences.actions.look import Look
from sequences.actions.media_pace import surcharges
from sequences.actions.planning import zone_of
from sequences.actions.ready import NO_ROOM, Berths
from sequences.actions.settle import Advance, Books, PutBack, settle
from sequences.actions.shelf import stock
from sequences.actions.steps import steps_of
from sequences.actions.take_off import Case, Wave, act_on
from sequences.actions.telling import tell_decisions, tell_holds
from sequences.models import Run, Subscription
from sequences.rules.policy import Send
from sequences.rules.steps import StepSettings, next_step
from sequences.sql import dialect


@committed_as("prepare")
def prepare(claims: Iterable[Claimed], run: Run, *, now: datetime, berths: Berths = NO_ROOM) -> list[Flight]:
    """The flights of what may go now, in the order of the claims; their delivery rows are SENDING when this commits.

    Those that have a berth are leaving then (`left_at`): they must be let go of at once.
    """
    claims = list(claims)
    probes = {claim.channel_id for claim in claims if claim.is_probe}
    wanted = [number for claim in claims for number in claim.subscription_ids]
    # Shared first, read afterwards: a resume that moves countdowns is over, or has not begun.
    sequences = share_sequences({number for claim in claims for number in claim.sequence_ids}, is_patient=False)
    subscriptions = claimed_by(run, wanted)
    books = Books(sequences, steps_of(sequences))
    wave = Wave(run.pk, now, books, stock(subscriptions, books))
    with bounded(wave.watch):
        for subscription in subscriptions:
            _decide(wave, subscription, is_probe=subscription.channel_id in probes)
    settle_holds(wave)
    _let_leave(wave, berths)
    store_entries([*(entry for entry, _ in wave.flights), *wave.closed])
    settle(wave.effects, books, run, now=now)
    tell_holds(effect for _, effect in wave.effects)
    tell_decisions(wave.closed, {number: wire.backend.kind for number, wire in wave.shelf.wires.items()})
    flights = [_numbered(flight, entry) for entry, flight in wave.flights]
    charge(surcharges(flights))
    charge({channel_id: -count for channel_id, count in wave.changed_lines.items()})
    return flights


def _let_leave(wave: Wave, berths: Berths) -> None:
    """The last look of leave.py, taken here already: spares those that have room on the wire a commit of their own.

    Not for what goes elsewhere: whether the person still wants it there is looked at when it leaves.
    """
    chosen = [(entry, flight) for entry, flight in wave.flights if not flight.is_elsewhere and berths.take(flight)]
    if not chosen:
        return
    channels = {flight.wire.channel_id for _, flight in chosen}
    probes = [entry.subscription_id for entry, flight in chosen if flight.is_probe]
    numbers = [entry.subscription_id for entry, _ in chosen]
    stays = dialect().may_not_leave(numbers, channels, wave.run_id, now=wave.now, probe_ids=probes)
    now = wave.now
    for entry, flight in chosen:
        if entry.subscription_id not in stays:
            entry.request_started_at = flight.left_at = now


def _numbered(flight: Flight, entry: Entry) -> Flight:
    if entry.id is None:
        raise RuntimeError("without its row no flight takes off")
    flight.delivery_id = entry.id
    return flight


def _decide(wave: Wave, subscription: Subscription, *, is_probe: bool) -> None:
    steps = wave.books.steps.get(subscription.sequence_id, [])
    step = next_step(steps, subscription.last_step_id, subscription.done_steps)
    if step is None:
        wave.settle(subscription, PutBack())
        return
    subscription.next_step_id = step.id
    entry = wave.shelf.entries.get((subscription.pk, step.id)) or _new_entry(wave, subscription, step)
    if not entry.may_go_on:
        wave.settle(subscription, Advance(entry.sent_at or entry.decided_at, step.id))
        return
    look = Look(wave, subscription, step, entry)
    decision = look.decision()
    case = Case(subscription, step, entry, is_probe, look.recipient(decision), look.has_other_way())
    if not isinstance(decision, Send):
        subscription.channel_id = subscription.contact.channel_id
    act_on(decision, case, wave)


def _new_entry(wave: Wave, subscription: Subscription, step: StepSettings) -> Entry:
    contact, due_at = subscription.contact, subscription.next_send_at or wave.now
    zone = zone_of(contact, wave.standing(subscription.sequence_id).time_zone).name
    people = (subscription.workspace_id, subscription.pk, step.id, contact.pk, contact.channel_id)
    return Entry(None, *people, due_at, wave.now, zone)
