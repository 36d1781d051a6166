"""One line of a bulk job: whom it names and what it says of them, with every value checked as a single call would."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sequences.rules.moments import EXAMPLE, read_moment
from sequences.rules.problems import Problem
from sequences.rules.shapes import MAX_UNKNOWN_FIELDS, UNSTORABLE, shown

MAX_DEPTH = 20
MAX_FIELDS_TEXT = 50_000
MAX_TAGS = 200
TAGS_APART = "|"
FIELD_PREFIX = "fields."


@dataclass(frozen=True, slots=True)
class Line:
    """A person by `id`, or by `address` on the channel `channel` ("": the job's own); ids as outsiders write them.

    `values` hold what is known of them, as the columns do.
    """

    id: str = ""
    channel: str = ""
    address: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


Checked = Iterator[Problem]
Reader = Callable[[str, Any], Any]


class _Wrong(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


def read_line(record: object) -> Line | list[Problem]:
    """The line of a record as JSON gives it, or everything that is wrong with it."""
    if not isinstance(record, Mapping):
        return [Problem("", "invalid_type", {"expected": "object"})]
    problems = [Problem(shown(name), "unknown_field") for name in record if name not in _READERS][:MAX_UNKNOWN_FIELDS]
    values: dict[str, Any] = {}
    for name, given in record.items():
        reader = _READERS.get(name)
        if reader is None:
            continue
        try:
            values[name] = reader(name, given)
        except _Wrong as wrong:
            problems.append(wrong.problem)
    return problems or _named(values)


def csv_record(columns: list[str], cells: list[str]) -> dict[str, Any]:
    """The record of a row of a table: an empty cell says nothing, a number stays a text where it is no number."""
    record: dict[str, Any] = {}
    for name, cell in zip(columns, cells, strict=False):
        text = cell.strip()
        if not text:
            continue
        if name.startswith(FIELD_PREFIX):
            record.setdefault("fields", {})[name.removeprefix(FIELD_PREFIX)] = text
        elif name == "tags":
            record[name] = [tag for tag in (part.strip() for part in text.split(TAGS_APART)) if tag]
        elif name == "utc_offset_minutes" and text.lstrip("+-").isdecimal() and len(text) < 10:
            record[name] = int(text)
        else:
            record[name] = text
    return record


def wrong_columns(columns: list[str]) -> list[Problem]:
    """What is wrong with the first line of a table."""
    problems = [
        Problem(shown(name), "unknown_field")
        for name in columns
        if name not in _READERS and not (name.startswith(FIELD_PREFIX) and len(name) > len(FIELD_PREFIX))
    ][:MAX_UNKNOWN_FIELDS]
    problems += [Problem("fields", "unknown_field")] if "fields" in columns else []
    problems += [Problem(shown(name), "duplicate") for name in dict.fromkeys(columns) if columns.count(name) > 1]
    if not problems and not {"id", "address"} & set(columns):
        problems.append(Problem("address", "required"))
    return problems


def _named(values: dict[str, Any]) -> Line | list[Problem]:
    number, channel, address = values.pop("id", ""), values.pop("channel", ""), values.pop("address", "")
    if number:
        others = sorted(values) + ["channel"] * bool(channel) + ["address"] * bool(address)
        return [Problem(name, "not_together") for name in others] or Line(id=number)
    if not address:
        return [Problem("address", "required")]
    return Line(channel=channel, address=address, values=values)


def _text(most: int, *, is_optional: bool = True) -> Reader:
    def read(name: str, given: Any) -> str:
        if given is None and is_optional:
            return ""
        if not isinstance(given, str):
            raise _Wrong(Problem(name, "required") if given is None else _wrong_type(name, "text"))
        text = given.strip()
        if UNSTORABLE.search(text):
            raise _Wrong(Problem(name, "invalid_character"))
        if len(text) > most:
            raise _Wrong(Problem(name, "too_long", {"max": most}))
        if not text and not is_optional:
            raise _Wrong(Problem(name, "required"))
        return text

    return read


def _number(name: str, given: Any) -> int | None:
    if given is not None and type(given) is not int:  # isinstance would let true pass
        raise _Wrong(_wrong_type(name, "number"))
    return given


def _moment(name: str, given: Any) -> Any:
    if given is None:
        return None
    if not isinstance(given, str):
        raise _Wrong(_wrong_type(name, "text"))
    moment = read_moment(given)
    if moment is None:
        raise _Wrong(Problem(name, "invalid_format", {"example": EXAMPLE}))
    return moment


def _tags(name: str, given: Any) -> list[str]:
    if given is None:
        return []
    if not isinstance(given, list):
        raise _Wrong(_wrong_type(name, "list"))
    if len(given) > MAX_TAGS:
        raise _Wrong(Problem(name, "too_many", {"max": MAX_TAGS}))
    return [_TAG(f"{name}.{place}", tag) for place, tag in enumerate(given)]


def _fields(name: str, given: Any) -> dict[str, Any]:
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise _Wrong(_wrong_type(name, "object"))
    _refuse_unstorable(name, given)
    if len(str(given)) > MAX_FIELDS_TEXT:
        raise _Wrong(Problem(name, "too_long", {"max": MAX_FIELDS_TEXT}))
    return given


def _refuse_unstorable(name: str, value: Any, depth: int = 0) -> None:
    if depth > MAX_DEPTH:
        raise _Wrong(Problem(name, "too_many", {"max": MAX_DEPTH}))
    if isinstance(value, str) and UNSTORABLE.search(value):
        raise _Wrong(Problem(name, "invalid_character"))
    if isinstance(value, float) and not math.isfinite(value):
        raise _Wrong(_wrong_type(name, "number"))
    parts = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else []
    for part in parts:
        _refuse_unstorable(name, part, depth + 1)


def _wrong_type(name: str, expected: str) -> Problem:
    return Problem(name, "invalid_type", {"expected": expected})


_TAG = _text(100, is_optional=False)
# The names and limits of a contact in a single call (api/contact_input.py); a test holds the two side by side.
_READERS: dict[str, Reader] = {
    "id": _text(40, is_optional=False),
    "channel": _text(40, is_optional=False),
    "address": _text(200, is_optional=False),
    "first_name": _text(100),
    "last_name": _text(100),
    "language": _text(20),
    "time_zone": _text(64),
    "utc_offset_minutes": _number,
    "last_interaction_at": _moment,
    "opted_out_at": _moment,
    "tags": _tags,
    "fields": _fields,
}
