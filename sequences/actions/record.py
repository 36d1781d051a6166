"""Write down what the provider said, in one transaction a batch, fenced by the run: then the subscription goes on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from channels import errors
from channels.actions.pause_channel import pause_by_account
from channels.actions.rename_contacts import move_contact
from channels.messages import Receipt
from channels.models import Contact
from sequencer.workspaces.transactions import committed_as
from sequences.actions.channel_health import note_answers
from sequences.actions.claim import charge
from sequences.actions.flight import Flight, needs_the_wire
from sequences.actions.gone import mark_gone, note_unreachable
from sequences.actions.leave import books_of
from sequences.actions.media_pace import tokens_by_channel
from sequences.actions.outcomes import DELIVERY_COLUMNS, Outcome, Passed, Result, read_error
from sequences.actions.receipts import match_early
from sequences.actions.run_action import run_action
from sequences.actions.settle import Advance, PutBack, WaitForReply, settle
from sequences.actions.telling import tell_answers
from sequences.models import Delivery, DeliveryState, Run, SentPart
from sequences.rules.health import IT_WORKS, Observation, Sign
from sequences.rules.reasons import Because
from sequences.rules.rendering import ActionPart, PausePart
from sequences.sql import dialect

PART_COLUMNS = ("workspace", "delivery", "channel", "part", "provider_message_id", "left_at", "sent_at")
Finished = tuple[Flight, Result]
# What these say of a person changes their row.
_TOUCHING = (errors.ContactGone, errors.ContactMoved, errors.ContactUnreachable, errors.WindowClosed)


@committed_as("record")
def record(
    finished: Sequence[Finished], run: Run, *, now: datetime, chance: Callable[[], float], ids_repeat: bool = False
) -> list[Flight]:
    """Store a batch of answers; the flights whose next part may leave now. What another run took over is dropped.

    A provider that gave the same id twice is an IntegrityError, unless `ids_repeat`: then that costs a receipt, never a
    record. To look for such ids each time would cost more than to write the whole batch down again, which never comes.
    """
    books = books_of([flight for flight, _ in finished])
    people = _lock_contacts(finished)
    outcomes = [_outcome(flight, result, people, now=now, chance=chance) for flight, result in finished]
    run_id: int = run.pk
    rows = [(one.flight.delivery_id, *one.delivery_values(run_id)) for one in outcomes]
    mine = dialect().update_rows(Delivery, DELIVERY_COLUMNS, rows, run=run_id, state=DeliveryState.SENDING.value)
    kept = [
        (flight, result, outcome)
        for (flight, result), outcome in zip(finished, outcomes, strict=True)
        if flight.delivery_id in mine
    ]
    _store_parts(kept, ids_repeat=ids_repeat, now=now)
    _note_first_sends(kept)
    _read_clocks(kept)
    _do_actions(kept, now=now)
    settle([(o.flight.subscription, o.effect) for _, _, o in kept if o.effect is not None], books, run, now=now)
    _note_people(kept, now=now)
    _take_up_receipts(kept, now=now)
    _note_channels(kept, now=now)
    tell_answers(kept, now=now)
    going_on = [outcome.flight for _, _, outcome in kept if outcome.effect is None]
    charge(tokens_by_channel(flight for flight in going_on if needs_the_wire(flight.part)))
    return going_on


def _outcome(
    flight: Flight, result: Result, people: Mapping[int, Contact], *, now: datetime, chance: Callable[[], float]
) -> Outcome:
    if isinstance(result, errors.ChannelError):
        return _unless_they_wrote(read_error(flight, result, now=now, chance=chance()), people, now=now)
    accepted_at = now if isinstance(result, Receipt) else None
    sign = _sign_of(result)
    if flight.is_last_part:
        sent_at = accepted_at or flight.last_sent_at
        effect = Advance(sent_at or now, flight.step.id, sent_at=sent_at)
        done = flight.parts_done + 1
        return Outcome(flight, DeliveryState.SENT, effect, sign, parts_done=done, sent_at=sent_at or now)
    behind = flight.one_part_on(accepted_at)
    if isinstance(flight.part, PausePart):
        until = now + timedelta(seconds=flight.part.seconds)
        pause = PutBack(until, Because.PAUSE_BLOCK, behind.has_begun, behind.last_sent_at)
        return Outcome(
            behind,
            DeliveryState.WAITING,
            pause,
            uses_attempt=False,
            parts_done=behind.parts_done,
            sent_at=behind.last_sent_at,
        )
    return Outcome(behind, DeliveryState.SENDING, None, sign, parts_done=behind.parts_done, sent_at=behind.last_sent_at)


def _sign_of(result: Result) -> Sign | None:
    """A provider that took the message may still ask for a rest."""
    if not isinstance(result, Receipt):
        return None
    return Sign.TROUBLE if result.wait else Sign.WORKS


def _lock_contacts(finished: Sequence[Finished]) -> dict[int, Contact]:
    """People first, subscriptions later: the order in which inbound events lock them too."""
    people = set[int]()
    for flight, result in finished:
        contact = flight.contact
        if isinstance(result, Receipt) and not contact.unreachable_in_a_row:
            continue
        if isinstance(result, _TOUCHING):
            people |= {contact.pk, flight.subscription.contact_id}
        elif isinstance(result, Passed) and isinstance(flight.part, ActionPart):
            people.add(flight.subscription.contact_id)
        if contact.unreachable_in_a_row:
            people.add(contact.pk)
    if not people:
        return {}
    rows = Contact.objects.select_for_update(no_key=True).filter(pk__in=people).order_by("pk")
    return {row.pk: row for row in rows}


def _unless_they_wrote(outcome: Outcome, people: Mapping[int, Contact], *, now: datetime) -> Outcome:
    """Nobody waits for a word that came while the provider was refusing: their message is tried anew."""
    if not isinstance(outcome.effect, WaitForReply):
        return outcome
    seen = outcome.flight.subscription.contact
    if people[seen.pk].last_interaction_at == seen.last_interaction_at:
        return outcome
    return replace(outcome, effect=PutBack(now, has_begun=outcome.flight.has_begun))


def _store_parts(kept: Sequence[tuple[Flight, Result, Outcome]], *, ids_repeat: bool, now: datetime) -> None:
    rows = [
        (
            flight.subscription.workspace_id,
            flight.delivery_id,
            flight.wire.channel_id,
            flight.parts_done,
            result.provider_message_id or None,
            flight.left_at,
            now,
        )
        for flight, result, _ in kept
        if isinstance(result, Receipt)
    ]
    dialect().insert_rows(SentPart, PART_COLUMNS, rows, or_ignore=ids_repeat, needs_ids=False)


def _take_up_receipts(kept: Sequence[tuple[Flight, Result, Outcome]], *, now: datetime) -> None:
    """A fast provider tells what became of a message before its answer is written down here."""
    ended = [flight for flight, _, outcome in kept if outcome.state in (DeliveryState.SENT, DeliveryState.UNKNOWN)]
    match_early({f.contact.pk for f in ended if f.wire.backend.capabilities.receipts}, now=now)


def _note_first_sends(kept: Sequence[tuple[Flight, Result, Outcome]]) -> None:
    """What they answer from the moment it left is an answer to it, however late the provider's word comes."""
    for flight, result, _ in kept:
        if isinstance(result, Receipt) and flight.subscription.first_sent_at is None:
            flight.subscription.first_sent_at = flight.left_at


def _read_clocks(kept: Sequence[tuple[Flight, Result, Outcome]]) -> None:
    """Whoever moved while the message was in the air is planned for on their new clock."""
    people = {flight.subscription.contact_id: flight.subscription.contact for flight, _, _ in kept}
    for number, time_zone, offset in dialect().rows_of(Contact, ("id", "time_zone", "utc_offset_minutes"), people):
        people[number].time_zone, people[number].utc_offset_minutes = time_zone, offset


def _do_actions(kept: Sequence[tuple[Flight, Result, Outcome]], *, now: datetime) -> None:
    for flight, result, _ in kept:
        part = flight.part if isinstance(result, Passed) else None
        if isinstance(part, ActionPart):
            run_action(flight.subscription.contact, verb=part.verb, sequence=part.sequence, tag=part.tag, now=now)


def _note_people(kept: Sequence[tuple[Flight, Result, Outcome]], *, now: datetime) -> None:
    """Who is gone ends here; who could not be reached twice in a row counts as gone; who was reached starts afresh."""
    for flight, result, _ in kept:
        contact = flight.contact
        if isinstance(result, Receipt) and not contact.unreachable_in_a_row:
            continue
        match result:
            case errors.ContactGone(because=because):
                mark_gone(contact, because, now=now)
            case errors.ContactUnreachable():
                note_unreachable(contact, now=now)
            case errors.ContactMoved(address=address):
                move_contact(contact, address, now=now)
            case Receipt() if not flight.wire.backend.capabilities.fails_late:
                Contact.objects.filter(pk=contact.pk).update(unreachable_in_a_row=0)


def _note_channels(kept: Sequence[tuple[Flight, Result, Outcome]], *, now: datetime) -> None:
    observations: dict[int, list[Observation]] = defaultdict(list)
    for flight, result, outcome in kept:
        if isinstance(result, errors.ChannelMisconfigured):
            pause_by_account(flight.wire.channel_id, because=result.because, detail=result.detail, now=now)
        if outcome.sign is Sign.WORKS and not flight.is_probe:
            observations[flight.wire.channel_id].append(IT_WORKS)
        elif outcome.sign is not None:
            wait = getattr(result, "wait", None) if outcome.sign == Sign.TROUBLE else None
            observations[flight.wire.channel_id].append(
                Observation(outcome.sign, flight.contact.pk, flight.delivery_id, flight.is_probe, wait)
            )
    if observations:
        note_answers(observations, now=now)
