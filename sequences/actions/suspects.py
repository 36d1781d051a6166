"""A message that workers died with again and again is claimed alone: if it kills once more, nobody else is blamed.

Deaths are counted by the rescuer (rescue.py), on what a dead run had in hand and may be claimed again. One death may be
chance, and makes nobody a suspect.
"""

from __future__ import annotations

from datetime import datetime

from sequences.actions.claim import Claimed, claim_suspect
from sequences.models import Run, Subscription
from sequences.models.run import HEARTBEAT_EVERY


class Suspects:
    """One dispatcher's view of them: looked for every few seconds, they take turns with everybody else's waves."""

    def __init__(self) -> None:
        self._looked_at: datetime | None = None
        self._are_there = False
        self._is_their_turn = False

    def want_to_be_alone(self, now: datetime) -> bool:
        """Whether there are any: what is in hand then leaves before anything more is claimed."""
        if not self._are_there and (self._looked_at is None or now - self._looked_at >= HEARTBEAT_EVERY):
            self._looked_at = now
            self._are_there = Subscription.objects.suspected().due(now).exists()
        return self._are_there

    def claim_one(self, run: Run, *, now: datetime) -> list[Claimed]:
        """One of them, every other time; nothing when there are none that may go."""
        self._is_their_turn = self._are_there and not self._is_their_turn
        if not self._is_their_turn:
            return []
        claims = claim_suspect(run, now=now)
        self._are_there = bool(claims)
        return claims
