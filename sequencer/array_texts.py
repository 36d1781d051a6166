"""Lists as PostgreSQL writes its arrays: one value of a statement, however many stand in it."""

from __future__ import annotations

from collections.abc import Iterable


def array_of(values: Iterable[object]) -> str:
    """An array of any type that PostgreSQL reads from text; None stands for NULL."""
    return "{" + ",".join(["NULL" if value is None else quoted(value) for value in values]) + "}"


def quoted(value: object) -> str:
    """A value between an array's brackets, whatever stands in it."""
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
