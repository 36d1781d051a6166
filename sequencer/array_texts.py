"""Lists as PostgreSQL writes its arrays: one value of a statement, however many stand in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def array_of(values: Iterable[object]) -> str:
    """An array of any type that PostgreSQL reads from text; None stands for NULL."""
    return "{" + ",".join(["NULL" if value is None else quoted(value) for value in values]) + "}"


def texts(values: Sequence[str]) -> str:
    """An array of texts, none of them NULL: hardly any holds what has to be written otherwise."""
    joined = '","'.join(values)
    if "\\" in joined or joined.count('"') != 2 * max(len(values) - 1, 0):
        return array_of(values)
    return '{"' + joined + '"}' if values else "{}"


def quoted(value: object) -> str:
    """A value between an array's brackets, whatever stands in it."""
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
