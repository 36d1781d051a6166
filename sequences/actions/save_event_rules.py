"""Replace the rules of a sequence: which events start it, stop it, or start it anew."""

from __future__ import annotations

from collections.abc import Sequence as Rows
from dataclasses import dataclass
from datetime import datetime

from sequencer.workspaces.actions.audit import record_audit
from sequencer.workspaces.actor import Actor
from sequencer.workspaces.refusals import Conflict, Refused
from sequencer.workspaces.transactions import in_one_transaction
from sequences.actions.locking import take_sequence
from sequences.models import EventRule, EventVerb, Sequence, SequenceState
from sequences.rules.event_names import check_event_name
from sequences.rules.problems import Problem

MAX_RULES = 50


@dataclass(frozen=True, slots=True)
class RuleDraft:
    event: str
    verb: str


@in_one_transaction
def save_event_rules(sequence: Sequence, drafts: Rows[RuleDraft], *, now: datetime, actor: Actor) -> list[EventRule]:
    """Store `drafts` as all the rules there are; nobody is started or stopped by that. Raises Refused or Conflict."""
    taken = take_sequence(sequence.pk)
    if taken.state == SequenceState.ARCHIVED:
        raise Conflict("invalid_transition")
    if problems := check_rules(drafts):
        raise Refused(problems)
    before = {rule.event: rule for rule in EventRule.objects.filter(sequence=taken)}
    wanted = {draft.event: draft.verb for draft in drafts}
    if {event: rule.verb for event, rule in before.items()} != wanted:
        EventRule.objects.filter(pk__in=[rule.pk for event, rule in before.items() if event not in wanted]).delete()
        for event, verb in wanted.items():
            EventRule.objects.update_or_create(
                workspace_id=taken.workspace_id, sequence=taken, event=event, defaults={"verb": verb}
            )
        Sequence.objects.filter(pk=taken.pk).update(updated_at=now)
        record_audit("changed", taken, actor=actor, now=now, changes={"rules": [_shown(before), _shown(wanted)]})
    return rules_of(taken)


def rules_of(sequence: Sequence) -> list[EventRule]:
    return list(EventRule.objects.filter(sequence=sequence).order_by("event"))


def check_rules(drafts: Rows[RuleDraft]) -> list[Problem]:
    """Everything that is wrong, each on its row; [] when all is well."""
    if len(drafts) > MAX_RULES:
        return [Problem("rules", "too_many", {"max": MAX_RULES})]
    problems, seen = [], set[str]()
    for index, draft in enumerate(drafts):
        problems += check_event_name(f"rules.{index}.event", draft.event)
        if draft.event in seen:
            problems.append(Problem(f"rules.{index}.event", "duplicate"))
        if draft.verb not in EventVerb.values:
            problems.append(Problem(f"rules.{index}.verb", "unknown_choice", {"value": draft.verb[:50]}))
        seen.add(draft.event)
    return problems


def _shown(rules: dict[str, EventRule] | dict[str, str]) -> str:
    return ", ".join(f"{event} {getattr(rule, 'verb', rule)}" for event, rule in sorted(rules.items()))
