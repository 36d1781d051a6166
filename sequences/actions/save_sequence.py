"""Create a sequence or change it, steps included, and carry the change to the people inside."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from channels.models import Channel
from sequencer.workspaces.actions.audit import changed_fields, record_audit
from sequencer.workspaces.actor import Actor
from sequencer.workspaces.models import Workspace
from sequencer.workspaces.refusals import Refused
from sequencer.workspaces.transactions import in_one_transaction
from sequences.actions.locking import take_sequence
from sequences.actions.recompute import AT_THIS_MOMENT, start_recompute
from sequences.actions.sequence_states import ALLOWED, set_state
from sequences.models import Sequence, SequenceChannel, SequenceState, Step, SubFlow
from sequences.rules.drafts import SequenceDraft, StepDraft, check_draft
from sequences.rules.ordering import merged_order
from sequences.rules.problems import Problem
from sequences.rules.shapes import UNSTORABLE

__all__ = ["SequenceDraft", "StepDraft", "check_draft", "draft_of", "save_sequence"]


def draft_of(sequence: Sequence) -> SequenceDraft:
    """The sequence as it is stored, so that a face can change a part of it."""
    steps = Step.objects.filter(sequence=sequence).in_use().in_order()
    channels = SequenceChannel.objects.filter(sequence=sequence).order_by("id")
    return SequenceDraft(
        name=sequence.name,
        state=sequence.state,
        stop_on_reply=sequence.stop_on_reply,
        reentry=sequence.reentry,
        channel_ids=tuple(channels.values_list("channel_id", flat=True)),
        steps=tuple(StepDraft(id=step.pk, **_values(step)) for step in steps),
    )


@in_one_transaction
def save_sequence(
    workspace: Workspace,
    sequence: Sequence | None,
    draft: SequenceDraft,
    *,
    now: datetime,
    actor: Actor,
    spread: timedelta = AT_THIS_MOMENT,
    seen_at: datetime | None = None,
) -> Sequence:
    """Store `draft`: known step ids are kept, steps without id are new, missing ones are archived.

    What becomes overdue at once by it leaves over the time of `spread`. A changed `state` pauses, resumes or archives.
    `seen_at`: the `updated_at` that the draft was made from; whoever was quicker is not overwritten.
    Raises Refused with every problem found; then nothing is stored.
    """
    taken = take_sequence(sequence.pk) if sequence else None
    if taken and seen_at and taken.updated_at != seen_at:
        raise Refused([Problem("seen_at", "conflict")])
    problems = [*check_draft(draft), *_check_stored(workspace, taken, draft)]
    if problems:
        raise Refused(problems)
    if taken is None:
        return _create(workspace, draft, now=now, actor=actor)
    return _change(taken, draft, spread, now=now, actor=actor)


def _create(workspace: Workspace, draft: SequenceDraft, *, now: datetime, actor: Actor) -> Sequence:
    paused_at = now if draft.state == SequenceState.PAUSED else None
    made = Sequence.objects.create(
        workspace=workspace, state=draft.state, paused_at=paused_at, created_at=now, updated_at=now, **_own(draft)
    )
    _store_channels(made, draft.channel_ids)
    _store_steps(made, draft.steps, now)
    record_audit("created", made, actor=actor, now=now)
    return made


def _change(taken: Sequence, draft: SequenceDraft, spread: timedelta, *, now: datetime, actor: Actor) -> Sequence:
    before, changes = draft_of(taken), changed_fields(taken, _own(draft))
    Sequence.objects.filter(pk=taken.pk).update(updated_at=now, **_own(draft))
    _store_channels(taken, draft.channel_ids)
    if before.steps != draft.steps:
        _store_steps(taken, draft.steps, now)
        changes |= _changed_steps(before.steps, draft.steps)
        start_recompute(take_sequence(taken.pk), now=now, spread=spread)
    if changes or before.channel_ids != draft.channel_ids:
        record_audit("changed", taken, actor=actor, now=now, changes=changes)
    if draft.state != before.state:
        return set_state(taken, SequenceState(draft.state), now=now, actor=actor, spread=spread)
    return take_sequence(taken.pk)


def _changed_steps(before: tuple[StepDraft, ...], after: tuple[StepDraft, ...]) -> dict[str, list[Any]]:
    """Their number, and of each message that stays what became of its fields, by its place: `steps.2.delay_amount`."""
    changes: dict[str, list[Any]] = {}
    old = {step.id: step for step in before}
    for place, step in enumerate(after, start=1):
        if step.id in old:
            fields = changed_fields(old[step.id], _values(step))
            changes |= {f"steps.{place}.{name}": pair for name, pair in fields.items()}
    is_counted = len(before) != len(after) or not changes
    return {"steps": [len(before), len(after)], **changes} if is_counted else changes


def _own(draft: SequenceDraft) -> dict[str, Any]:
    return {"name": draft.name.strip(), "stop_on_reply": draft.stop_on_reply, "reentry": draft.reentry}


def _values(step: Step | StepDraft) -> dict[str, Any]:
    """What a step and its draft have in common."""
    names = [name for name in StepDraft.__dataclass_fields__ if name != "id"]
    return {name: getattr(step, name) for name in names}


def _store_channels(sequence: Sequence, channel_ids: Iterable[int]) -> None:
    wanted = set(channel_ids)
    listed = SequenceChannel.objects.filter(sequence=sequence)
    listed.exclude(channel__in=wanted).delete()
    known = set(listed.values_list("channel_id", flat=True))
    SequenceChannel.objects.bulk_create(
        SequenceChannel(workspace_id=sequence.workspace_id, sequence=sequence, channel_id=channel)
        for channel in sorted(wanted - known)
    )


def _store_steps(sequence: Sequence, drafts: tuple[StepDraft, ...], now: datetime) -> None:
    stored = {step.pk: step for step in sequence.steps.all().in_order()}
    live = [_store_step(sequence, stored.get(draft.id or 0), draft) for draft in drafts]
    for step in stored.values():
        if step.pk not in live and step.archived_at is None:
            step.archived_at = now
            step.save(update_fields=["archived_at"])
    for position, number in enumerate(merged_order(list(stored), live)):
        Step.objects.filter(pk=number).exclude(position=position).update(position=position)


def _store_step(sequence: Sequence, step: Step | None, draft: StepDraft) -> int:
    step = step or Step(sequence=sequence, workspace_id=sequence.workspace_id)
    values = {**_values(draft), "name": draft.name.strip()}
    if step.pk is None or changed_fields(step, values):
        for name, value in values.items():
            setattr(step, name, value)
        step.save()
    return step.pk


def _check_stored(workspace: Workspace, taken: Sequence | None, draft: SequenceDraft) -> list[Problem]:
    """What only the database can say."""
    problems = []
    # It refuses even to be asked for such a name; check_draft names it.
    is_name = not UNSTORABLE.search(draft.name)
    same_name = Sequence.objects.in_workspace(workspace).in_use().filter(name=draft.name.strip() if is_name else "")
    if draft.state != SequenceState.ARCHIVED and same_name.exclude(pk=taken.pk if taken else None).exists():
        problems.append(Problem("name", "name_taken"))
    problems += _check_state(taken, draft)
    mine = set(Channel.objects.in_workspace(workspace).filter(pk__in=draft.channel_ids).values_list("pk", flat=True))
    if set(draft.channel_ids) - mine:
        problems.append(Problem("channels", "not_found"))
    return [*problems, *_check_step_references(workspace, taken, draft)]


def _check_state(taken: Sequence | None, draft: SequenceDraft) -> list[Problem]:
    """What is archived stays as it was, to the last step."""
    state = draft.state
    if state not in SequenceState.values:
        return [Problem("state", "unknown_choice", {"value": state[:50]})]
    if taken is None:
        return [Problem("state", "invalid_transition")] if state == SequenceState.ARCHIVED else []
    is_allowed = taken.state == state or SequenceState(state) in ALLOWED[SequenceState(taken.state)]
    is_touched = taken.state == SequenceState.ARCHIVED and draft != draft_of(taken)
    return [] if is_allowed and not is_touched else [Problem("state", "invalid_transition")]


def _check_step_references(workspace: Workspace, taken: Sequence | None, draft: SequenceDraft) -> list[Problem]:
    named = {step.sub_flow_id for step in draft.steps if step.sub_flow_id is not None}
    mine = set(SubFlow.objects.in_workspace(workspace).in_use().filter(pk__in=named).values_list("pk", flat=True))
    live = set(taken.steps.all().in_use().values_list("pk", flat=True)) if taken else set()
    kept = dict(taken.steps.all().in_use().values_list("pk", "sub_flow_id")) if taken else {}
    problems, seen = [], set[int]()
    for index, step in enumerate(draft.steps):
        if step.sub_flow_id is not None and step.sub_flow_id not in mine and kept.get(step.id or 0) != step.sub_flow_id:
            problems.append(Problem(f"steps.{index}.sub_flow", "not_found"))
        if step.id is not None and (step.id not in live or step.id in seen):
            problems.append(Problem(f"steps.{index}.id", "not_found"))
        seen.add(step.id or 0)
    return problems
