"""The steps of sequences as the rules see them, archived ones included, in order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sequences.models import Step
from sequences.rules.steps import StepSettings
from sequences.sql.light import light_rows


def steps_of(sequence_ids: Iterable[int]) -> dict[int, list[StepSettings]]:
    """One query; a sequence without steps has an empty list."""
    found: dict[int, list[StepSettings]] = defaultdict(list)
    rows = light_rows(Step, sequence_ids, key="sequence_id")
    for step in sorted(rows, key=lambda step: (step.position, step.pk)):
        found[step.sequence_id].append(step.settings)
    return found
