"""What PostgreSQL says of the statements that some code runs, while it runs them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection

from sequences.sql import arrays

EXPLAIN = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) "


@dataclass(frozen=True, slots=True)
class Reading:
    """Time and pages (8 kB, of tables and indexes, in memory or not)."""

    milliseconds: float = 0.0
    pages: float = 0.0

    def __add__(self, other: Reading) -> Reading:
        return Reading(self.milliseconds + other.milliseconds, self.pages + other.pages)


@dataclass(frozen=True, slots=True)
class Explained:
    """A statement: all of it, and what of it only reads (its named part, where it writes too)."""

    whole: Reading
    reading: Reading


@contextmanager
def readings() -> Iterator[list[Explained]]:
    """Each statement is explained before it runs. For a transaction that is rolled back: it has its effect twice."""
    found: list[Explained] = []
    run = arrays.run

    def explained(statement: str, parameters: Any) -> list[tuple[Any, ...]]:
        if "due AS" in statement or statement.lstrip().startswith("SELECT"):
            found.append(_explain(lambda text: run(text, parameters), statement))
        return run(statement, parameters)

    def wrapped(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.lstrip().startswith("SELECT"):
            with connection.connection.cursor() as cursor:
                found.append(_explain(lambda text: cursor.execute(text, params).fetchall(), sql))
        return execute(sql, params, many, context)

    arrays.run = explained
    try:
        with connection.execute_wrapper(wrapped):
            yield found
    finally:
        arrays.run = run


def _explain(execute: Callable[[str], list[tuple[Any, ...]]], statement: str) -> Explained:
    """Inside a savepoint: what it changes is undone before it is done."""
    with connection.connection.transaction(force_rollback=True):
        ((plan,),) = execute(EXPLAIN + statement)
    plan = json.loads(plan) if isinstance(plan, str | bytes) else plan
    top = plan[0]["Plan"]
    whole = _reading(top)
    named = [one for one in _nodes(top) if one.get("Subplan Name", "").endswith("due")]
    if top["Node Type"] == "ModifyTable":
        return Explained(whole, sum(map(_reading, named), Reading()))
    return Explained(whole, whole)


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)


def _reading(node: dict[str, Any]) -> Reading:
    return Reading(node["Actual Total Time"], node["Shared Hit Blocks"] + node["Shared Read Blocks"])
