"""Keep what a reconciliation found, for the figures."""

from __future__ import annotations

from datetime import datetime

from sequences.models import Installation
from sequences.models.installation import THE_ONE


def note_reconciled(gap: int, *, now: datetime) -> None:
    """So many subscriptions were not accounted for."""
    Installation.the_one()
    Installation.objects.filter(pk=THE_ONE).update(gap=gap, reconciled_at=now)
