"""What is called trouble, and what is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sequences.rules.readiness import Signs, Trouble, troubles_of

SECONDS = timedelta(seconds=1)
WELL = Signs(heartbeat_age=5 * SECONDS, canary_age=70 * SECONDS)


@pytest.mark.parametrize(
    ("signs", "found"),
    [
        ({}, []),
        ({"heartbeat_age": 60 * SECONDS}, []),  # a machine that restarts
        ({"heartbeat_age": 61 * SECONDS}, [Trouble.NO_WORKER]),
        ({"heartbeat_age": None, "canary_age": None}, [Trouble.NO_WORKER, Trouble.CANARY_SILENT]),
        ({"canary_age": 150 * SECONDS}, []),  # one was missed
        ({"canary_age": 151 * SECONDS}, [Trouble.CANARY_SILENT]),
        ({"stalled_for": 120 * SECONDS}, []),
        ({"stalled_for": 121 * SECONDS}, [Trouble.NOT_SENDING]),
        ({"stalled_for": -5 * SECONDS}, []),  # its speed allows the next one in five seconds
        ({"clock_skew": 5 * SECONDS}, []),
        ({"clock_skew": -6 * SECONDS}, [Trouble.CLOCK_WRONG]),
        ({"is_held": True}, [Trouble.HELD_AFTER_RESTORE]),
        ({"is_cache_shared": False}, [Trouble.CACHE_AWAY]),
        # Without its tables nothing else can be told, and all of it is told.
        ({"migrations_missing": 2, "is_held": True}, [Trouble.MIGRATIONS_MISSING, Trouble.HELD_AFTER_RESTORE]),
    ],
)
def test_trouble_is_told_and_nothing_else_is(signs: dict[str, Any], found: list[Trouble]) -> None:
    assert troubles_of(replace(WELL, **signs)) == found
