"""What a person's interaction, silence or absence means for their subscriptions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Sequence as Rows
from datetime import datetime

from channels.inbound import REPLIES, Interaction
from channels.models import Contact
from sequencer.workspaces.actor import SYSTEM, Actor
from sequences.actions.event_rules import apply_event_rules
from sequences.actions.locking import share_sequences
from sequences.actions.planning import PLANNED_COLUMNS, plan_for, planned_values
from sequences.actions.recompute import begun_among, recompute
from sequences.actions.run_action import run_action
from sequences.actions.same_person import (
    come_home,
    may_go_on_elsewhere,
    stop_where_they_replied_elsewhere,
    with_the_same_people,
)
from sequences.actions.steps import steps_of
from sequences.actions.unsubscribe import stop_subscriptions
from sequences.models import SequenceState, Subscription, SubscriptionState
from sequences.rules.event_names import NOTICED_AS
from sequences.rules.payloads import decode
from sequences.rules.reasons import Because, EndedBecause
from sequences.sql import dialect
from sequences.sql.concern import concern_of


def react_to_interactions(interactions: Rows[Interaction], *, now: datetime) -> None:
    """The reply window is open: what it held goes on. A reply stops what it should, a button does what it says.

    The interactions are of people of one workspace. What they say is an event too; each once, however much they said.
    """
    said: dict[str, dict[int, Contact]] = {}
    for one in interactions:
        if one.kind in NOTICED_AS:
            said.setdefault(NOTICED_AS[one.kind], {})[one.contact.pk] = one.contact
    workspace_id = interactions[0].contact.workspace_id
    concern = concern_of(workspace_id, {one.contact.pk for one in interactions}, list(said))
    replied = _latest(one for one in interactions if one.kind in REPLIES)
    linked = {one.contact.person_id for one in interactions} - {None}
    wrote = _latest(interactions)
    if concern.stops:
        _stop_on_reply(replied, now=now)
    if linked:
        stop_where_they_replied_elsewhere(replied, now=now)
    if concern.holds or linked:
        _free_held_messages(with_the_same_people(linked, wrote), now=now)
    if linked:
        come_home(wrote)
    for one in interactions:
        action, _ = decode(one.payload) if one.payload else (None, "")
        if action is not None:
            run_action(one.contact, verb=action.verb, sequence=action.sequence, tag=action.tag, now=now)
    if concern.rules:
        apply_event_rules(workspace_id, {name: list(people.values()) for name, people in said.items()}, now=now)


def end_all_of_contact(contact: Contact, *, because: EndedBecause, now: datetime, actor: Actor = SYSTEM) -> int:
    """The person opted out, blocked us or is gone: nothing more is sent to them on this channel."""
    active = Subscription.objects.active().filter(contact=contact)
    if because == EndedBecause.CONTACT_GONE and contact.person_id is not None:
        spared = may_go_on_elsewhere(contact, active)
        ended = stop_subscriptions(
            active.exclude(pk__in=spared).values_list("pk", flat=True), because=because, now=now, actor=actor
        )
        _free_held_messages({contact.pk: now} if spared else {}, now=now)
        return ended
    return stop_subscriptions(active.values_list("pk", flat=True), because=because, now=now, actor=actor)


def replan_contact(contact: Contact, *, now: datetime) -> None:
    """Their clock is another one: every due moment of theirs is computed anew."""
    rows = Subscription.objects.active().filter(contact=contact).select_related("contact")
    for sequence in share_sequences(row.sequence_id for row in rows).values():
        recompute(sequence, [row for row in rows if row.sequence_id == sequence.pk], now=now)


def _latest(interactions: Iterable[Interaction]) -> dict[int, datetime]:
    """When each contact (by id) last did something."""
    latest: dict[int, datetime] = {}
    for one in interactions:
        latest[one.contact.pk] = max(one.at, latest.get(one.contact.pk, one.at))
    return latest


def _stop_on_reply(replied: Mapping[int, datetime], *, now: datetime) -> None:
    begun = Subscription.objects.active().filter(
        contact__in=replied.keys(), sequence__stop_on_reply=True, first_sent_at__isnull=False
    )
    rows = begun.values_list("pk", "contact_id", "first_sent_at") if replied else ()
    answered = [number for number, contact, first_sent_at in rows if first_sent_at <= replied[contact]]
    if answered:
        stop_subscriptions(answered, because=EndedBecause.REPLIED, now=now)


def _free_held_messages(wrote: Mapping[int, datetime], *, now: datetime) -> None:
    held = Subscription.objects.active().filter(
        contact__in=wrote.keys(), next_send_at=None, next_because=Because.REPLY_WINDOW_CLOSED
    )
    rows = list(held.select_related("contact"))
    if not rows:
        return
    sequences = share_sequences(row.sequence_id for row in rows)
    steps, begun = steps_of(sequences), begun_among(rows)
    freed = []
    for row in rows:
        sequence = sequences[row.sequence_id]
        at = wrote[row.contact_id]
        row.not_before_at = at if row.not_before_at is None else max(at, row.not_before_at)
        is_paused = sequence.state == SequenceState.PAUSED
        has_begun = (row.pk, row.next_step_id) in begun
        zone = sequence.workspace.time_zone
        plan = plan_for(row, steps[sequence.pk], zone, is_paused=is_paused, has_begun=has_begun)
        freed.append((row.pk, row.not_before_at, *planned_values(plan, now=now)))
    dialect().update_rows(
        Subscription, ("not_before_at", *PLANNED_COLUMNS), freed, run=None, state=SubscriptionState.ACTIVE.value
    )
