"""What outside programs can be told of by webhook, and when a call that failed is tried again."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum


class EventType(StrEnum):
    """Outside programs store these words: a new one is a change of the documented list (docs/api.md)."""

    SUBSCRIPTION_STARTED = "subscription.started"
    SUBSCRIPTION_COMPLETED = "subscription.completed"
    SUBSCRIPTION_STOPPED = "subscription.stopped"
    MESSAGE_SENT = "message.sent"
    MESSAGE_DELIVERED = "message.delivered"
    MESSAGE_READ = "message.read"
    MESSAGE_FAILED = "message.failed"
    MESSAGE_SKIPPED = "message.skipped"
    MESSAGE_UNKNOWN = "message.unknown"
    CONTACT_OPTED_OUT = "contact.opted_out"
    CONTACT_BLOCKED = "contact.blocked"
    # Who was told of a person must be told that they are forgotten.
    CONTACT_ERASED = "contact.erased"
    # Asked for by an owner, for one endpoint; never chosen.
    TEST = "test"


CHOOSABLE = tuple(one.value for one in EventType if one != EventType.TEST)
# The waits after the first, second... try: ten tries over a little more than 75 hours, as the specification advises.
WAITS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
MOST_TRIES = len(WAITS) + 1
# Of a wait: what fails together does not come back together, and the last try never comes before 72 hours.
JITTER = 0.1
# No success for so long, and an endpoint is disabled.
FAILS_FOR_AT_MOST = timedelta(days=5)
# How long an endpoint that says "not so fast" without saying how long is left alone.
REST = timedelta(seconds=30)


def next_wait(tries: int, *, chance: float, asked_for: timedelta | None = None) -> timedelta | None:
    """How long to wait after so many tries; None when there is no further one. `chance` lies between 0 and 1.

    `asked_for`: the receiver's own word, which only ever makes it longer.
    """
    if tries >= MOST_TRIES:
        return None
    wait = WAITS[max(tries, 1) - 1] * (1 + JITTER * chance)
    return max(wait, asked_for) if asked_for else wait
