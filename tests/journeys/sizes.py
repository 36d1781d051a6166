"""How much of a promise a run takes: the usual one keeps the folder short, JOURNEYS=full leaves nothing out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

IS_FULL = os.environ.get("JOURNEYS") == "full"
Case = TypeVar("Case")


def split_by_engine(sqlite: Sequence[Case], postgresql: Sequence[Case]) -> list[Case]:
    """Cases that mean the same on every engine are shared out among the two halves of a run; all of them when full."""
    if IS_FULL:
        return [*sqlite, *(case for case in postgresql if case not in sqlite)]
    return list({"sqlite": sqlite, "postgresql": postgresql}[os.environ["EXPECT_ENGINE"]])


def seeds(number: int) -> list[int]:
    """Of so many random histories, the even ones on SQLite and the odd ones on PostgreSQL; all of them when full."""
    return split_by_engine(range(0, number, 2), range(1, number, 2))
