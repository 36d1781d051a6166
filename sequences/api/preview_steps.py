"""Which steps a preview walks through: those of the call, or those of a sequence."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from channels.messages import ContentType, NotificationType
from channels.models import Channel
from sequencer.workspaces.access import visible
from sequencer.workspaces.models import Workspace
from sequencer.workspaces.refusals import Refused
from sequences.actions.save_sequence import StepDraft
from sequences.actions.templates_at_hand import templates_at_hand
from sequences.api.preview_contact import Person
from sequences.api.steps import amount_problems, drafts_of
from sequences.models import Sequence, Step, SubFlow
from sequences.rules.drafts import check_steps
from sequences.rules.policy import ReplyRule
from sequences.rules.problems import Problem
from sequences.rules.steps import StepSettings
from sequences.rules.timeline import PlannedStep
from sequences.rules.timing import Schedule


def previewed_steps(values: Mapping[str, Any], workspace: Workspace, person: Person) -> list[PlannedStep]:
    """In order, each with the reply rule as its sub-flow makes it, and the templates of the person's channel."""
    if (values.get("steps") is None) == (values.get("sequence") is None):
        code = "required" if values.get("steps") is None else "not_together"
        raise Refused([Problem("steps", code)])
    number = values.get("sequence")
    settings = _given(values["steps"], workspace) if number is None else _stored(number, workspace)
    given = person.has_utility_template
    bound = _with_template(workspace, settings, person.channel) if given is None else set[int]()
    return [
        PlannedStep(index, step, _ruled(person.reply_rule, step.sub_flow_id in bound if given is None else given))
        for index, step in enumerate(settings)
    ]


def _ruled(rule: ReplyRule, has_template: bool) -> ReplyRule:
    return dataclasses.replace(rule, has_utility_template=has_template)


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
    return [_settings(index, draft) for index, draft in enumerate(drafts)]


def _named(steps: Iterable[StepDraft | StepSettings]) -> set[int]:
    return {step.sub_flow_id for step in steps if step.sub_flow_id}


def _settings(index: int, draft: StepDraft) -> StepSettings:
    delay = timedelta()
    if draft.delay_unit != "immediately":
        delay = timedelta(**{draft.delay_unit: draft.delay_amount})
    return StepSettings(
        id=index,
        schedule=Schedule(delay, draft.window_start, draft.window_end, draft.weekdays),
        is_open=draft.is_enabled,
        sub_flow_id=draft.sub_flow_id or 0,
        content_type=ContentType(draft.content_type),
        notification_type=NotificationType(draft.notification_type),
        outside=draft.outside_reply_window,
    )


def _with_template(workspace: Workspace, steps: Iterable[StepSettings], channel: Channel | None) -> set[int]:
    """The sub-flows of these steps that have a template bound, which the channel can send if we know one."""
    rows = visible(SubFlow.objects.exclude(utility_template=None), workspace).filter(pk__in=_named(steps))
    bound = dict(rows.values_list("pk", "utility_template"))
    if channel is None:
        return set(bound)
    at_hand = templates_at_hand([channel], bound.values())
    return {number for number, template in bound.items() if at_hand.may_send(channel.pk, template)}
