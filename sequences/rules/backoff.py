"""How long to wait after a failure: exponential, with full jitter where many wait for the same thing."""

from __future__ import annotations

from datetime import timedelta

MAX_ATTEMPTS = 6
FIRST_RETRY = timedelta(seconds=30)
LAST_RETRY = timedelta(hours=6)
FIRST_TROUBLE_PAUSE = timedelta(seconds=1)
LAST_TROUBLE_PAUSE = timedelta(seconds=60)
FAILURES_THAT_MEAN_TROUBLE = 5


def retry_wait(attempts: int, chance: float) -> timedelta:
    """After the `attempts`-th attempt failed (1 or more): between 30 s and a bound that doubles up to 6 h.

    `chance` in [0, 1) is the caller's random number: full jitter spreads those who failed together.
    """
    bound = min(LAST_RETRY, FIRST_RETRY * float(4**attempts))
    return FIRST_RETRY + (bound - FIRST_RETRY) * chance


def trouble_pause(rounds: int) -> timedelta:
    """How long a channel in trouble waits before its next probe, after `rounds` rounds (1 or more): 1 s to 60 s."""
    return min(LAST_TROUBLE_PAUSE, FIRST_TROUBLE_PAUSE * float(2 ** min(rounds - 1, 10)))
