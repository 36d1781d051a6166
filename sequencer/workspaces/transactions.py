"""One business operation, one transaction; when two of them lock each other out, the loser simply goes again."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection, transaction

from sequencer.faults import Edge

log = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

TRIES = 4
# PostgreSQL's codes for a deadlock and for a serialization failure: nothing was stored, and going again helps.
LOST_A_RACE = ("40P01", "40001")


def committed_as(name: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """One transaction, whose commit is a named edge (sequencer/faults.py) unless it is a part of somebody else's."""
    edge = Edge(name)

    def decorate(operation: Callable[P, R]) -> Callable[P, R]:
        @wraps(operation)
        def whole(*args: P.args, **kwargs: P.kwargs) -> R:
            if connection.in_atomic_block:
                with transaction.atomic():
                    return operation(*args, **kwargs)
            with transaction.atomic():
                result = operation(*args, **kwargs)
                edge.near()
            edge.behind()
            return result

        return whole

    return decorate


def in_one_transaction(operation: Callable[P, R]) -> Callable[P, R]:
    """All of it or nothing. Inside somebody else's transaction it is a part of theirs, and theirs is the going again.

    What it decorates must read what it decides by from the database, never from an earlier try.
    """
    once = committed_as(operation.__name__)(operation)

    @wraps(operation)
    def whole(*args: P.args, **kwargs: P.kwargs) -> R:
        if connection.in_atomic_block:
            return once(*args, **kwargs)
        for left in range(TRIES - 1, -1, -1):
            try:
                return once(*args, **kwargs)
            except OperationalError as error:
                if not left or getattr(error.__cause__, "sqlstate", None) not in LOST_A_RACE:
                    raise
                log.warning("a transaction lost a race; going again: %s", operation.__qualname__)
        raise AssertionError("unreachable")

    return whole
