"""For whom, and with which steps, a timeline is made: the form and the API ask the same rules in the same way."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass

from channels.backends import backend_for
from channels.models import Channel, Contact
from sequencer.workspaces.access import visible
from sequencer.workspaces.models import Workspace
from sequences.models import SubFlow
from sequences.rules.policy import ReplyRule
from sequences.rules.steps import StepSettings
from sequences.rules.timeline import PlannedStep
from sequences.rules.zones import Zone, pick_zone


@dataclass(frozen=True, slots=True)
class Person:
    """`has_utility_template` None: the sub-flow of each step says it. `is_gone`: they opted out or blocked us."""

    zone: Zone
    reply_rule: ReplyRule
    has_utility_template: bool | None = None
    is_gone: bool = False


def person_of_contact(contact: Contact, workspace: Workspace) -> Person:
    """A contact whose channel is loaded, as the engine would find them."""
    rule = dataclasses.replace(rule_of_channel(contact.channel), last_interaction_at=contact.last_interaction_at)
    zone = pick_zone(contact.time_zone, contact.utc_offset_minutes, workspace.time_zone)
    return Person(zone, rule, is_gone=not contact.is_available)


def rule_of_channel(channel: Channel) -> ReplyRule:
    """The 24-hour rule of a channel by its own settings, for somebody who never wrote."""
    backend = backend_for(channel.kind)
    return ReplyRule(backend.reply_window(channel.settings), backend.after_24_hours(channel.settings))


def planned_steps(
    settings: Iterable[StepSettings], rule: ReplyRule, bound: set[int], has_template: bool | None = None
) -> list[PlannedStep]:
    """In order, each with the reply rule as its sub-flow makes it; `bound` are the sub-flows with a template."""
    return [
        PlannedStep(index, step, _ruled(rule, step.sub_flow_id in bound if has_template is None else has_template))
        for index, step in enumerate(settings)
    ]


def with_template(workspace: Workspace, steps: Iterable[StepSettings]) -> set[int]:
    """The sub-flows of these steps that have a template bound."""
    named = {step.sub_flow_id for step in steps if step.sub_flow_id}
    rows = visible(SubFlow.objects.exclude(utility_template=None), workspace).filter(pk__in=named)
    return set(rows.values_list("pk", flat=True))


def _ruled(rule: ReplyRule, has_template: bool) -> ReplyRule:
    return dataclasses.replace(rule, has_utility_template=has_template)
