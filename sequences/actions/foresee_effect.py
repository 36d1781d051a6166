"""What saving a draft would do to the people inside, by the functions that saving it uses. Nothing is stored."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, Min, QuerySet

from channels.messages import Route
from sequences.actions.forecast import BoundTemplates, bound_templates, person_of_contact, planned_steps
from sequences.actions.planning import replan, shifted_by_pause, stand_still_until
from sequences.actions.recompute import begun_among
from sequences.actions.steps import steps_of
from sequences.models import Sequence, SequenceState, Subscription
from sequences.rules.drafts import StepDraft
from sequences.rules.edited import steps_after
from sequences.rules.effect import Change, EditEffect, Position, change_for, effect_of
from sequences.rules.plan import Plan
from sequences.rules.policy import choose_route
from sequences.rules.reasons import Because
from sequences.rules.steps import StepSettings

EXACT_UP_TO = 2000
STRIPES = 4


@dataclass(frozen=True, slots=True)
class _Edit:
    sequence: Sequence
    state: SequenceState
    before: list[StepSettings]
    after: list[StepSettings]
    bound: BoundTemplates
    now: datetime


def foresee_effect(
    sequence: Sequence, drafts: tuple[StepDraft, ...], state: SequenceState, *, now: datetime
) -> EditEffect:
    """Exact for up to EXACT_UP_TO people inside, else of a sample. `drafts` have no problems; a constant of queries."""
    before = steps_of([sequence.pk])[sequence.pk]
    after = steps_after(before, drafts)
    people, is_exact = sample_of(Subscription.objects.active().filter(sequence=sequence), EXACT_UP_TO)
    edit = _Edit(sequence, state, before, after, bound_templates(sequence.workspace, after), now)
    return effect_of(_changes(edit, people), is_exact=is_exact)


def sample_of(rows: QuerySet[Subscription], most: int) -> tuple[list[Subscription], bool]:
    """Up to `most` of these people with their contacts, and whether that is everybody.

    Of more, some from each quarter of the time in which they were subscribed: the oldest alone say little.
    """
    rows = rows.select_related("contact__channel")
    found = list(rows.order_by("id")[: most + 1])
    if len(found) <= most:
        return found, True
    ends = rows.order_by().aggregate(first=Min("id"), last=Max("id"))
    length = (ends["last"] - ends["first"]) / STRIPES
    stripes = (
        rows.filter(id__gte=int(ends["first"] + length * stripe)).order_by("id")[: most // STRIPES]
        for stripe in range(STRIPES)
    )
    return list({row.pk: row for row in itertools.chain.from_iterable(stripes)}.values()), False


def _changes(edit: _Edit, people: list[Subscription]) -> Iterator[Change]:
    if edit.state == SequenceState.ARCHIVED:
        yield from (Change(ends=True, differs=True) for _ in people)
        return
    begun = begun_among(people)
    was_paused = edit.sequence.state == SequenceState.PAUSED
    is_paused = edit.state == SequenceState.PAUSED
    for row in people:
        waits_for_reply = row.next_because == Because.REPLY_WINDOW_CLOSED
        position = Position(row.last_step_id, row.done_steps, row.next_send_at, waits_for_reply)
        if was_paused and not is_paused and edit.sequence.paused_at is not None:
            row.countdown_started_at = stand_still_until(row.countdown_started_at, edit.sequence.paused_at, edit.now)
            row.not_before_at = shifted_by_pause(row.not_before_at, edit.sequence.paused_at, edit.now)
        plan = replan(row, edit.after, edit.sequence.workspace.time_zone, is_paused=is_paused, begun=begun)
        if is_paused and not was_paused:
            yield Change(waits=True, differs=True)
            continue
        due_at = plan.next_send_at if plan else None
        may_go = plan is not None and _may_go(edit, row, plan)
        yield change_for(position, edit.before, edit.after, due_at, may_go=may_go, now=edit.now)


def _may_go(edit: _Edit, row: Subscription, plan: Plan) -> bool:
    """Whether the 24-hour rule would let this person's next message go now."""
    person = person_of_contact(row.contact, edit.sequence.workspace)
    (planned,) = planned_steps([plan.step], person, edit.bound)
    return not person.is_gone and isinstance(choose_route(planned.settings, planned.reply_rule, edit.now), Route)
