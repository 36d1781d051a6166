"""What events do: start, stop or restart a sequence for the people they happened to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Sequence as Rows
from dataclasses import dataclass
from datetime import datetime

from channels.models import Contact
from sequencer.workspaces.actor import SYSTEM, Actor
from sequencer.workspaces.models import Workspace
from sequencer.workspaces.refusals import Conflict
from sequencer.workspaces.transactions import in_one_transaction
from sequences.actions.locking import share_sequences
from sequences.actions.subscribe import subscribe
from sequences.actions.unsubscribe import stop_subscriptions
from sequences.models import EventRule, EventVerb, SequenceState, Subscription
from sequences.rules.reasons import EndedBecause

# Who is stopped and started by one event is stopped first: a rule that starts decides how it ends.
_ORDER = {EventVerb.STOP: 0, EventVerb.RESTART: 1, EventVerb.START: 2}


@dataclass(frozen=True, slots=True)
class RuleOutcome:
    """What one rule did for one contact. `reason` says why it did nothing: a word of subscribing, or not_inside."""

    rule: EventRule
    contact: Contact
    is_done: bool
    reason: str = ""
    subscription: Subscription | None = None


@in_one_transaction
def apply_event_rules(
    workspace: Workspace | int, people: Mapping[str, Rows[Contact]], *, now: datetime, actor: Actor = SYSTEM
) -> list[RuleOutcome]:
    """Do what the workspace's rules say about the events named in `people`, for those whom each happened to.

    One query where no rule speaks of them.
    """
    named = EventRule.objects.in_workspace(workspace).filter(event__in=list(people))
    rules = list(named.exclude(sequence__state=SequenceState.ARCHIVED).select_related("sequence"))
    if not rules:
        return []
    # All at once. After an event from outside that is the one order of locks; people's own words come with their
    # contacts locked, as for all else that they set off: who meets somebody's edit crosswise there begins again
    # (in_one_transaction).
    share_sequences({rule.sequence_id for rule in rules})
    rules.sort(key=lambda rule: (_ORDER[EventVerb(rule.verb)], rule.pk))
    return [effect for rule in rules for effect in _apply(rule, people[rule.event], now=now, actor=actor)]


def _apply(rule: EventRule, contacts: Rows[Contact], *, now: datetime, actor: Actor) -> list[RuleOutcome]:
    try:
        match EventVerb(rule.verb):
            case EventVerb.STOP:
                return _stop(rule, contacts, now=now)
            case EventVerb.RESTART:
                return _restart(rule, contacts, now=now, actor=actor)
            case EventVerb.START:
                return _start(rule, contacts, now=now, actor=actor)
    except Conflict as conflict:
        return [RuleOutcome(rule, contact, is_done=False, reason=conflict.code) for contact in contacts]


def _start(rule: EventRule, contacts: Rows[Contact], *, now: datetime, actor: Actor) -> list[RuleOutcome]:
    done = subscribe(rule.sequence, contacts, now=now, actor=actor)
    return [RuleOutcome(rule, one.contact, one.created, one.reason, one.subscription) for one in done]


def _stop(rule: EventRule, contacts: Rows[Contact], *, now: datetime) -> list[RuleOutcome]:
    inside = _inside(rule, contacts)
    stop_subscriptions([row.pk for row in inside.values()], because=EndedBecause.EXIT_RULE, now=now)
    ended = Subscription.objects.in_bulk([row.pk for row in inside.values()])
    return [
        RuleOutcome(rule, contact, is_done=True, subscription=ended.get(inside[contact.pk].pk))
        if contact.pk in inside
        else RuleOutcome(rule, contact, is_done=False, reason="not_inside")
        for contact in contacts
    ]


@in_one_transaction
def _restart(rule: EventRule, contacts: Rows[Contact], *, now: datetime, actor: Actor) -> list[RuleOutcome]:
    """Whoever is inside begins anew, whatever the sequence says of second times: they have not come to its end."""
    inside = _inside(rule, contacts)
    stop_subscriptions([row.pk for row in inside.values()], because=EndedBecause.EXIT_RULE, now=now)
    again = [contact for contact in contacts if contact.pk in inside]
    others = [contact for contact in contacts if contact.pk not in inside]
    done = [
        *subscribe(rule.sequence, again, now=now, actor=actor, is_restart=True),
        *subscribe(rule.sequence, others, now=now, actor=actor),
    ]
    return [RuleOutcome(rule, one.contact, one.created, one.reason, one.subscription) for one in done]


def _inside(rule: EventRule, contacts: Iterable[Contact]) -> dict[int, Subscription]:
    active = Subscription.objects.active().filter(sequence=rule.sequence, contact__in=list(contacts))
    return {row.contact_id: row for row in active}
