"""Stored rows as instances of their models at a fraction of the usual cost, for what is read with each wave or post."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model
from django.db.models.base import ModelState

AnyModel = TypeVar("AnyModel", bound=Model)
Converter = Callable[[Any, Any, Any], Any]


def rows_where(
    model: type[AnyModel],
    condition: str,
    parameters: Sequence[Any],
    *,
    is_locked: bool = False,
    related: Mapping[str, Model] | None = None,
    columns: Sequence[str] = (),
    order: str = "id",
) -> list[AnyModel]:
    """The rows that a written condition finds, in this order; locked till the transaction ends, where that is wished.

    `condition` is a text of our own, its values stand in `parameters`; `related` are rows that all of these point at.
    Columns that are not named are deferred; if none is, all are read.
    No queryset is put together: that costs ten times as much as to ask for one row.
    """
    wanted = tuple(columns) or tuple(field.attname for field in model._meta.concrete_fields)
    lock = " FOR NO KEY UPDATE" if is_locked and connection.features.has_select_for_no_key_update else ""
    statement = f"SELECT {', '.join(wanted)} FROM {model._meta.db_table} WHERE {condition} ORDER BY {order}{lock}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        found = cursor.fetchall()
    return stored_rows(model, wanted, [_as_held(model, wanted, values) for values in found], **(related or {}))


def placeholders(values: Collection[Any]) -> str:
    """What stands in a statement for as many values, between the brackets of IN."""
    return ", ".join(["%s"] * len(values))


def stored_rows(
    model: type[AnyModel], columns: Sequence[str], rows: Iterable[Sequence[Any]], **related: Model
) -> list[AnyModel]:
    """Instances of rows of the values of these columns; `related` are rows that all of them point at.

    A column may be a relation too, and its values the rows that each one points at.
    """
    plain: type[AnyModel] = _plain(model, (*columns, *related))
    return [_filled(plain, dict(zip(columns, values, strict=True)), related) for values in rows]


class _Stored(ModelState):
    """Of rows that came from the database."""

    db = "default"
    adding = False


def _as_held(model: type[Model], columns: tuple[str, ...], values: Sequence[Any]) -> list[Any]:
    """What the database gave for these columns, as the model's fields hold it."""
    held = list(values)
    for place, convert, column in _converters(model, columns, connection.vendor):
        held[place] = convert(held[place], column, connection)
    return held


@lru_cache(maxsize=100)
def _converters(model: type[Model], columns: tuple[str, ...], vendor: str) -> tuple[tuple[int, Converter, Any], ...]:
    """By what the places of a row are converted, in turn, where a field does not hold what the database gives."""
    found = []
    fields = {field.attname: field for field in model._meta.concrete_fields}
    for place, field in enumerate(fields[name] for name in columns):
        column = field.get_col(model._meta.db_table)
        converters = (*connection.ops.get_db_converters(column), *column.get_db_converters(connection))
        found += [(place, convert, column) for convert in converters]
    return tuple(found)


def _filled(plain: type[AnyModel], values: dict[str, Any], related: dict[str, Model]) -> AnyModel:
    """`values` is the row's from here on."""
    row, state = plain.__new__(plain), _Stored()
    if related:
        state.fields_cache = dict(related)
        values.update(related)
    values["pk"], values["_state"] = values.get("id"), state
    row.__dict__ = values
    return row


@lru_cache(maxsize=100)
def _plain(model: type[AnyModel], names: tuple[str, ...]) -> type[AnyModel]:
    """The model, with these columns and relations as plain attributes of an instance.

    Every look at a foreign key or at `pk` goes through Python otherwise, some forty times for each message.
    """
    # Not a model of its own: Django is not told. What is not named is still fetched when it is asked for.
    shadows = dict.fromkeys((*names, "pk"))
    plain: type[AnyModel] = type.__new__(
        type(model), model.__name__, (model,), {**shadows, "__module__": model.__module__}
    )
    return plain
