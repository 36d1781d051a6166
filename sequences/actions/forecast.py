"""For whom, and with which steps, a timeline is made: the form and the API ask the same rules in the same way."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from channels.backends import backend_for
from channels.models import Channel, Contact
from sequencer.workspaces.access import visible
from sequencer.workspaces.models import Workspace
from sequences.actions.templates_at_hand import TemplatesAtHand, templates_at_hand
from sequences.models import SubFlow
from sequences.rules.fall_back import Elsewhere
from sequences.rules.policy import ReplyRule
from sequences.rules.steps import StepSettings
from sequences.rules.timeline import PlannedStep
from sequences.rules.zones import Zone, pick_zone


@dataclass(frozen=True, slots=True)
class Person:
    """`has_utility_template` None: the sub-flow of each step says it. `is_gone`: they opted out or blocked us.

    `channel_id` None: nobody knows which, and what is bound is trusted. `others`: where else the same person may be
    reached, each with its channel.
    """

    zone: Zone
    reply_rule: ReplyRule
    has_utility_template: bool | None = None
    is_gone: bool = False
    channel_id: int | None = None
    others: tuple[tuple[int, Elsewhere], ...] = ()


@dataclass(frozen=True, slots=True)
class BoundTemplates:
    """The templates that sub-flows have bound, and which of them the workspace's channels can really send."""

    templates: Mapping[int, Mapping[str, Any]]
    at_hand: TemplatesAtHand

    def may_send(self, channel_id: int | None, sub_flow_id: int) -> bool:
        bound = self.templates.get(sub_flow_id)
        return bound is not None if channel_id is None else self.at_hand.may_send(channel_id, bound)


def person_of_contact(contact: Contact, workspace: Workspace, others: Sequence[Contact] = ()) -> Person:
    """A contact whose channel is loaded, as the engine would find them; `others` as `others_of` gives them."""
    rule = _rule_of(contact)
    zone = pick_zone(contact.time_zone, contact.utc_offset_minutes, workspace.time_zone)
    elsewhere = tuple((one.channel_id, _elsewhere(one)) for one in others)
    return Person(zone, rule, is_gone=not contact.is_available, channel_id=contact.channel_id, others=elsewhere)


def linked_person(contact: Contact, workspace: Workspace) -> Person:
    """The same with whoever the contact is linked to: one more query for one who is."""
    return person_of_contact(contact, workspace, others_of([contact]).get(contact.pk, ()))


def others_of(contacts: Collection[Contact]) -> dict[int, list[Contact]]:
    """Where else these people may be reached, by contact; one query where anybody is linked.

    Nobody, of whoever opted out or blocked us: a wish is followed everywhere.
    """
    linked = [one for one in contacts if one.person_id and (one.is_available or one.is_gone)]
    people = {one.person_id for one in linked}
    same = Contact.objects.filter(person__in=people).select_related("channel").order_by("pk") if people else ()
    found: dict[int | None, list[Contact]] = defaultdict(list)
    for row in same:
        found[row.person_id].append(row)
    return {one.pk: [row for row in found[one.person_id] if row.pk != one.pk] for one in linked}


def _elsewhere(contact: Contact) -> Elsewhere:
    return Elsewhere(contact.pk, contact.channel.kind, _rule_of(contact), contact.is_available)


def _rule_of(contact: Contact) -> ReplyRule:
    return rule_of_channel(contact.channel)._replace(last_interaction_at=contact.last_interaction_at)


def others_for(person: Person, bound: BoundTemplates, step: StepSettings) -> tuple[Elsewhere, ...]:
    """The person's other contacts, each as this step's template and its channel make it; none where it names none."""
    return tuple(
        dataclasses.replace(
            one,
            reply_rule=one.reply_rule._replace(has_utility_template=bound.may_send(channel_id, step.sub_flow_id)),
        )
        for channel_id, one in (person.others if step.fall_back_to else ())
    )


def rule_of_channel(channel: Channel) -> ReplyRule:
    """The 24-hour rule of a channel by its own settings, for somebody who never wrote."""
    backend = backend_for(channel.kind)
    return ReplyRule(backend.reply_window(channel.settings), backend.after_24_hours(channel.settings))


def planned_steps(settings: Iterable[StepSettings], person: Person, bound: BoundTemplates) -> list[PlannedStep]:
    """In order, each with the reply rule as its sub-flow and the person's channel make it."""
    return [
        PlannedStep(index, step, _ruled(person, bound, step), others_for(person, bound, step))
        for index, step in enumerate(settings)
    ]


def bound_templates(workspace: Workspace, steps: Iterable[StepSettings]) -> BoundTemplates:
    """Those of the sub-flows of these steps; up to three queries, however many people are asked for."""
    named = {step.sub_flow_id for step in steps if step.sub_flow_id}
    rows = visible(SubFlow.objects.exclude(utility_template=None), workspace).filter(pk__in=named)
    bound = dict(rows.values_list("pk", "utility_template"))
    read = visible(Channel.objects.exclude(templates_read_at=None), workspace) if bound else ()
    return BoundTemplates(bound, templates_at_hand(read, bound.values()))


def _ruled(person: Person, bound: BoundTemplates, step: StepSettings) -> ReplyRule:
    has_template = person.has_utility_template
    if has_template is None:
        has_template = bound.may_send(person.channel_id, step.sub_flow_id)
    return person.reply_rule._replace(has_utility_template=has_template)
