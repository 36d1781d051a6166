"""How many rows travel to PostgreSQL in one statement: each column as one array, beside the statement's text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models
from psycopg import Cursor
from psycopg.types.json import set_json_loads

from sequencer.array_texts import quoted

Field = models.Field[Any, Any]


def run(statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows that a statement returns, moments in UTC and JSON as it is.

    Django's cursors write parameters into the statement's text and read results as text: dear for long lists.
    """
    connection.ensure_connection()
    with connection.wrap_database_errors, Cursor(connection.connection) as cursor:
        cursor.execute(statement.encode(), parameters, binary=True)
        return cursor.fetchall() if cursor.description else []


def field_of(model: type[models.Model], name: str) -> Field:
    field = model._meta.get_field(name)
    if not isinstance(field, models.Field):
        raise TypeError(name)
    return field


def arrays_of(fields: Sequence[Field], rows: Sequence[Sequence[Any]]) -> list[str]:
    """One array literal for each field, from rows of values in the order of the fields."""
    return [_literal(field, values) for field, values in zip(fields, zip(*rows, strict=True), strict=True)]


def placeholder(field: Field) -> str:
    return f"%s::{_type(field)}[]"


def cast_back(field: Field) -> str:
    """What a column needs after it came out of its array."""
    return "::jsonb" if isinstance(field, models.JSONField) else ""


def numbers(values: Iterable[int]) -> str:
    """An array of ids."""
    return "{" + ",".join(map(str, values)) + "}"


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


def _literal(field: Field, values: Iterable[Any]) -> str:
    """Most columns of a batch hold few different values: each is written once."""
    if isinstance(field, models.JSONField):
        values = _written_json(values)
    listed = list(values)
    write = quoted if _is_text(field) or isinstance(field, models.DateTimeField) else str
    written = {value: "NULL" if value is None else write(value) for value in set(listed)}
    return "{" + ",".join([written[value] for value in listed]) + "}"


def _written_json(values: Iterable[Any]) -> list[str | None]:
    """Equal values are written once; what Python shows alike is alike in JSON."""
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
