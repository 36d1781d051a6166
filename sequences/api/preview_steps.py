"""Which steps a preview walks through: those of the call, or those of a sequence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sequencer.workspaces.access import visible
from sequencer.workspaces.models import Workspace
from sequencer.workspaces.refusals import Refused
from sequences.actions.forecast import Person, bound_templates, planned_steps
from sequences.actions.save_sequence import StepDraft
from sequences.api.steps import amount_problems, drafts_of
from sequences.models import Sequence, Step, SubFlow
from sequences.rules.drafts import check_steps
from sequences.rules.edited import settings_of
from sequences.rules.problems import Problem
from sequences.rules.steps import StepSettings
from sequences.rules.timeline import PlannedStep


def previewed_steps(values: Mapping[str, Any], workspace: Workspace, person: Person) -> list[PlannedStep]:
    """In order, each with the reply rule as its sub-flow makes it, and the templates of the person's channel."""
    if (values.get("steps") is None) == (values.get("sequence") is None):
        code = "required" if values.get("steps") is None else "not_together"
        raise Refused([Problem("steps", code)])
    number = values.get("sequence")
    settings = _given(values["steps"], workspace) if number is None else _stored(number, workspace)
    return planned_steps(settings, person, bound_templates(workspace, settings))


def _stored(number: int, workspace: Workspace) -> list[StepSettings]:
    sequence: Sequence | None = visible(Sequence.objects.all(), workspace).filter(pk=number).first()
    if sequence is None:
        raise Refused([Problem("sequence", "not_found")])
    return [step.settings for step in Step.objects.filter(sequence=sequence).in_use().in_order()]


def _given(given: Iterable[Mapping[str, Any]], workspace: Workspace) -> list[StepSettings]:
    given = list(given)
    drafts = drafts_of(given)
    problems = [*amount_problems(given), *check_steps(drafts, needs_sub_flow=False)]
    mine = set(visible(SubFlow.objects.in_use(), workspace).values_list("pk", flat=True).filter(pk__in=_named(drafts)))
    for index, draft in enumerate(drafts):
        if draft.sub_flow_id is not None and draft.sub_flow_id not in mine:
            problems.append(Problem(f"steps.{index}.sub_flow", "not_found"))
    if problems:
        raise Refused(problems)
    return [settings_of(draft, index) for index, draft in enumerate(drafts)]


def _named(steps: Iterable[StepDraft]) -> set[int]:
    return {step.sub_flow_id for step in steps if step.sub_flow_id}
