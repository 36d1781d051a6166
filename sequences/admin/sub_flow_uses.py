"""Where a sub-flow is used: the messages of living sequences that send it."""

from __future__ import annotations

from dataclasses import dataclass

from sequences.models import SequenceState, Step, SubFlow

MOST = 50


@dataclass(frozen=True, slots=True)
class Use:
    """One message; `number` is its place in its sequence, from 1."""

    sequence_id: int
    sequence: str
    number: int
    name: str


def uses_of(sub_flow: SubFlow) -> list[Use]:
    """The messages that send it, by their sequences' names."""
    living = Step.objects.in_workspace(sub_flow.workspace_id).in_use().exclude(sequence__state=SequenceState.ARCHIVED)
    mine = living.filter(sub_flow=sub_flow).order_by("sequence__name", "sequence", "position")[:MOST]
    steps = list(mine.select_related("sequence"))
    siblings = living.filter(sequence__in={step.sequence_id for step in steps}).order_by("position", "pk")
    places: dict[int, list[int]] = {}
    for sequence, step in siblings.values_list("sequence", "pk"):
        places.setdefault(sequence, []).append(step)
    return [
        Use(step.sequence_id, step.sequence.name, places[step.sequence_id].index(step.pk) + 1, step.name)
        for step in steps
    ]
