"""Who keeps whom out: edits take a sequence for themselves, everything that plans by its settings shares it."""

from __future__ import annotations

from collections.abc import Iterable

from sequences.models import Sequence
from sequences.sql import dialect


def take_sequence(sequence_id: int) -> Sequence:
    """The row, read under a lock that keeps planners and other edits out until the transaction ends."""
    taken: Sequence = Sequence.objects.select_for_update().select_related("workspace").get(pk=sequence_id)
    return taken


def share_sequences(ids: Iterable[int]) -> dict[int, Sequence]:
    """The rows by id, read under a lock that keeps edits out until the transaction ends."""
    wanted = set(ids)
    dialect().share_sequences(wanted)
    return {row.pk: row for row in Sequence.objects.filter(pk__in=wanted).select_related("workspace")}
