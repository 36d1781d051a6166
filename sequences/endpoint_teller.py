"""What a worker process does while it tells webhook endpoints what happened: one process at a time, while there is
something to tell."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from datetime import datetime

from django.core.cache import cache

from channels.reach import address_rules
from channels.transports import HttpDoor
from sequences.actions.counters import store_counters
from sequences.actions.webhook_tries import AT_ONCE, TIMEOUT, Teller

SLOT = 25.0
# Longer than a slot and the last answers take: whoever died is followed after so many seconds.
SLOT_IS_TAKEN_FOR = 60
SLOT_NAME = "telling-endpoints"
WAIT = 0.1


def tell_until_quiet(clock: Callable[[], datetime]) -> str:
    """Until nothing is due and nothing on its way, or the slot is over; nothing at all if somebody is at it."""
    if not cache.add(SLOT_NAME, True, SLOT_IS_TAKEN_FOR):
        return "somebody is telling them"
    door = HttpDoor(allow=address_rules(), max_in_flight=AT_ONCE, timeout=TIMEOUT)
    try:
        _tell(Teller(door, clock, random.random))
    finally:
        door.close()
        store_counters(os.getpid())
        cache.delete(SLOT_NAME)
    return "done"


def _tell(teller: Teller) -> None:
    ends_at = time.monotonic() + SLOT
    while True:
        may_take = time.monotonic() < ends_at
        if not teller.turn(WAIT, may_take=may_take) and teller.is_idle:
            return
        if not may_take and teller.is_idle:
            return
