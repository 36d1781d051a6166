"""How many rows travel to PostgreSQL in one statement: as arrays, beside the statement's text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import Cursor
from psycopg.types.json import set_json_loads

from sequencer.array_texts import quoted, texts

Field = models.Field[Any, Any]
_cursors: WeakKeyDictionary[BaseDatabaseWrapper, Cursor[Any]] = WeakKeyDictionary()


def run(statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows that a statement returns, moments in UTC and JSON as it is.

    Django's cursors write parameters into the statement's text and read results as text: dear for long lists.
    """
    django = connections[DEFAULT_DB_ALIAS]
    if django.connection is None:
        django.ensure_connection()
    with django.wrap_database_errors:
        cursor = _cursor_of(django)
        cursor.execute(statement.encode(), parameters, binary=True)
        # Its description would say the same, and is put together anew at each look.
        return cursor.fetchall() if cursor.pgresult is not None and cursor.pgresult.nfields else []


def _cursor_of(django: BaseDatabaseWrapper) -> Cursor[Any]:
    """The same one for all that a connection is asked: a new one looks up anew how each type is read."""
    cursor = _cursors.get(django)
    if cursor is None or cursor.connection is not django.connection:
        cursor = _cursors[django] = Cursor(django.connection)
    return cursor


def field_of(model: type[models.Model], name: str) -> Field:
    field = model._meta.get_field(name)
    if not isinstance(field, models.Field):
        raise TypeError(name)
    return field


class Batch(NamedTuple):
    """Rows for one statement: a column whose values differ travels as an array, any other one as its single value.

    `expressions` are the columns in the order of the fields, each over `source` as `v` or by itself; `parameters` are
    those of a statement that has the expressions first and the source behind them. What many rows share is so
    written, sent and read once, and those who are due together mostly share all but their ids and clocks.
    """

    expressions: list[str]
    source: str
    parameters: list[str | None]


def batch_of(fields: Sequence[Field], rows: Sequence[Sequence[Any]]) -> Batch:
    """From rows of values in the order of the fields; at least one row, and one field."""
    expressions, names, lists = list[str](), list[str](), list[str]()
    alone, arrays = list[str | None](), list[str | None]()
    columns = [_storable(field, values) for field, values in zip(fields, zip(*rows, strict=True), strict=True)]
    differing = [values.count(values[0]) < len(values) for values in columns]
    for place, (field, values, differs) in enumerate(zip(fields, columns, differing, strict=True)):
        # Something has to say how many rows there are.
        if differs or (place == 0 and not any(differing)):
            expressions.append(f"v.c{place}{_cast_back(field)}")
            names.append(f"c{place}")
            lists.append(f"%s::{_type(field)}[]")
            arrays.append(_array(field, values))
        else:
            expressions.append(f"%s::{_type(field)}{_cast_back(field)}")
            alone.append(None if values[0] is None else str(values[0]))
    return Batch(expressions, f"unnest({', '.join(lists)}) AS v({', '.join(names)})", [*alone, *arrays])


def _cast_back(field: Field) -> str:
    """What a column needs after it came out of its array."""
    return "::jsonb" if isinstance(field, models.JSONField) else ""


def numbers(values: Iterable[int]) -> str:
    """An array of ids. As Python shows a list, which is written at a third of what joining them costs."""
    return "{" + str(list(values))[1:-1] + "}"


def _type(field: Field) -> str:
    if _is_text(field):
        return "text"
    if isinstance(field, models.ForeignKey):
        return "bigint"
    if isinstance(field, models.AutoField | models.BigAutoField):
        return "bigint"
    return str(field.db_type(connection)).split("(")[0].split(" CHECK")[0]


def _is_text(field: Field) -> bool:
    return isinstance(field, models.JSONField | models.CharField | models.TextField)


def _storable(field: Field, values: Sequence[Any]) -> Sequence[Any]:
    return _written_json(values) if isinstance(field, models.JSONField) else values


def _array(field: Field, values: Sequence[Any]) -> str:
    is_quoted = _is_text(field) or isinstance(field, models.DateTimeField)
    different = set(values)
    if None in different or len(different) * 2 < len(values):
        write = quoted if is_quoted else str
        written = {value: "NULL" if value is None else write(value) for value in different}
        return "{" + ",".join([written[value] for value in values]) + "}"
    if is_quoted:
        return texts(list(map(str, values)))
    return numbers(values) if type(values[0]) is int else "{" + ",".join(map(str, values)) + "}"


def _written_json(values: Sequence[Any]) -> list[str | None]:
    """Equal values are written once; what Python shows alike is alike in JSON."""
    if values[0] in ({}, []) and values.count(values[0]) == len(values):
        return [json.dumps(values[0])] * len(values)
    written: dict[str, str | None] = {"None": None}
    listed = []
    for value in values:
        shown = repr(value)
        if shown not in written:
            written[shown] = json.dumps(value)
        listed.append(written[shown])
    return listed


def _read_json(text: str | bytes) -> Any:
    """Most fields and lists of a wave are empty."""
    match text:
        case b"{}":
            return {}
        case b"[]":
            return []
    return json.loads(text)


set_json_loads(_read_json)
