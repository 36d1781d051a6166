"""Decide what was claimed: what goes becomes a flight with a committed row, everything else is settled at once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sequencer.workspaces.transactions import committed_as
from sequences.actions.claim import Claimed, charge
from sequences.actions.flight import Flight
from sequences.actions.in_hand import claimed_by
from sequences.actions.ledger import Entry, store_entries
from sequences.actions.locking import share_sequences
from sequences.actions.media_pace import surcharges
from sequences.actions.planning import zone_of
from sequences.actions.settle import Advance, Books, PutBack, settle
from sequences.actions.shelf import stock
from sequences.actions.steps import steps_of
from sequences.actions.take_off import Case, Wave, act_on, settle_holds
from sequences.actions.telling import tell_decisions
from sequences.models import Run, SequenceState, Subscription
from sequences.rules.policy import Facts, ReplyRule, decide
from sequences.rules.steps import StepSettings, next_step
from sequences.sql import dialect


@committed_as("prepare")
def prepare(claims: Iterable[Claimed], run: Run, *, now: datetime) -> list[Flight]:
    """The flights of what may go now, in the order of the claims; their delivery rows are SENDING when this commits."""
    claims = list(claims)
    probes = {claim.channel_id for claim in claims if claim.is_probe}
    wanted = [number for claim in claims for number in claim.subscription_ids]
    concerned = dialect().rows_of(Subscription, ("sequence_id",), wanted, run=run.pk)
    # Shared first, read afterwards: a resume that moves countdowns is over, or has not begun.
    sequences = share_sequences({number for (number,) in concerned}, is_patient=False)
    subscriptions = claimed_by(run, wanted)
    books = Books(sequences, steps_of(sequences))
    wave = Wave(run, now, books, stock(subscriptions, books))
    for subscription in subscriptions:
        _decide(wave, subscription, is_probe=subscription.channel_id in probes)
    settle_holds(wave)
    store_entries([*(entry for entry, _ in wave.flights), *wave.closed])
    settle(wave.effects, books, run, now=now)
    tell_decisions(wave.closed, {number: wire.backend.kind for number, wire in wave.shelf.wires.items()})
    # Without its row no flight takes off.
    flights = [make_flight(entry.id) for entry, make_flight in wave.flights if entry.id is not None]
    charge(surcharges(flights))
    return flights


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
    decision = decide(_facts(wave, subscription, step, has_begun=entry.sent_at is not None))
    act_on(decision, Case(subscription, step, entry, is_probe), wave)


def _facts(wave: Wave, subscription: Subscription, step: StepSettings, *, has_begun: bool) -> Facts:
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
            has_utility_template=wave.shelf.may_send_template(subscription.channel_id, step.sub_flow_id),
        ),
        not_before_at=subscription.not_before_at,
        has_begun=has_begun,
        is_sequence_paused=state == SequenceState.PAUSED,
        is_sequence_over=state in (SequenceState.ARCHIVED, SequenceState.DRAFT),
        has_opted_out=contact.opted_out_at is not None,
        has_blocked=contact.blocked_at is not None,
        is_channel_paused=subscription.channel_id in wave.shelf.paused_channels,
    )


def _new_entry(wave: Wave, subscription: Subscription, step: StepSettings) -> Entry:
    return Entry(
        id=None,
        workspace_id=subscription.workspace_id,
        subscription_id=subscription.pk,
        step_id=step.id,
        contact_id=subscription.contact_id,
        channel_id=subscription.channel_id,
        due_at=subscription.next_send_at or wave.now,
        decided_at=wave.now,
        time_zone=zone_of(subscription.contact, wave.books.time_zone(subscription)).name,
    )
