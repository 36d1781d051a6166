"""Who keeps whom out: edits take a sequence for themselves, everything that plans by its settings shares it.

Rows are locked in one order everywhere, within a table by id: sequences, contacts, deliveries, subscriptions, channels.
"""

from __future__ import annotations

from collections.abc import Iterable

from sequences.models import Sequence
from sequences.sql.light import shared_light_sequences


def take_sequence(sequence_id: int) -> Sequence:
    """The row, read under a lock that keeps planners and other edits out until the transaction ends."""
    # Only the row itself: its workspace is everybody's.
    rows = Sequence.objects.select_for_update(of=("self",), no_key=True).select_related("workspace")
    taken: Sequence = rows.get(pk=sequence_id)
    return taken


def share_sequences(ids: Iterable[int], *, is_patient: bool = True) -> dict[int, Sequence]:
    """The rows by id, read under a lock that keeps edits out until the transaction ends.

    Workers are not patient: a long edit must not keep them from everybody else's messages, nor from their heartbeat.
    """
    return {row.pk: row for row in shared_light_sequences(set(ids), is_patient=is_patient)}
