"""The words by which people opt out of messages, and in again, on channels where a text is all they have."""

from __future__ import annotations

# A whole message, in any case. Of the carriers' words those that answer no other question: "cancel" may mean an order.
STOP = frozenset({"stop", "stopall", "stop all", "unsubscribe", "arret", "arrêt"})
START = frozenset({"start", "unstop"})


def consent_in(text: str) -> bool | None:
    """True for a word that opts in, False for one that opts out; None for everything else."""
    word = text.strip().strip(".!").casefold() if len(text) < 50 else ""
    if word in STOP:
        return False
    return True if word in START else None
