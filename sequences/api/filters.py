"""What a list may be narrowed by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request

from sequences.api.pagination import refuse_parameter
from sequences.rules.moments import EXAMPLE, read_moment
from sequences.rules.shapes import shown

OF_PAGES = ("cursor", "limit")


@dataclass(frozen=True, slots=True)
class ById:
    """`?contact=<id>`: rows whose column has that id; one of another workspace finds nothing."""

    model: type[Any]
    column: str


@dataclass(frozen=True, slots=True)
class ByWord:
    """`?state=active,paused`: rows whose column has one of those words of a closed list."""

    words: tuple[str, ...]
    column: str


@dataclass(frozen=True, slots=True)
class ByText:
    """`?address=...`: rows whose column is exactly that text."""

    column: str


@dataclass(frozen=True, slots=True)
class ByMoment:
    """`?next_send_at_from=2026-05-01T09:30:00Z`: rows whose moment is on that side of it; `lookup` has gte or lt."""

    lookup: str


Filter = ById | ByWord | ByText | ByMoment


def narrowed(rows: QuerySet[Any], request: Request, filters: Mapping[str, Filter]) -> QuerySet[Any]:
    """Only the rows that the query asks for; an unknown parameter is refused by name."""
    for name, value in request.query_params.items():
        if name in OF_PAGES:
            continue
        if name not in filters:
            refuse_parameter(shown(name), "unknown_field")
        rows = rows.filter(**_wanted(name, str(value), filters[name]))
    return rows


def _wanted(name: str, value: str, by: Filter) -> dict[str, Any]:
    match by:
        case ById():
            number = by.model.public_id.parse(value)
            return {by.column: refuse_parameter(name, "not_found") if number is None else number}
        case ByWord():
            words = value.split(",")
            for word in words:
                if word not in by.words:
                    refuse_parameter(name, "unknown_choice", value=shown(word[:50]))
            return {f"{by.column}__in": words}
        case ByMoment():
            moment = read_moment(value[:11] + value[11:].replace(" ", "+"))  # a plus that was not written as %2B
            return {by.lookup: refuse_parameter(name, "invalid_format", example=EXAMPLE) if moment is None else moment}
        case ByText() if "\x00" in value:
            refuse_parameter(name, "invalid_character")
    return {by.column: value}
