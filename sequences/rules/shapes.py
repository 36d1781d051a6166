"""Checks for untrusted JSON that combine into tables: each yields what is wrong at one place and never raises."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from sequences.rules import web_addresses
from sequences.rules.placeholders import Compiled, PlaceholderError, compile_text
from sequences.rules.problems import Code, Problem

MAX_TEXT_LENGTH = 10_000
MAX_UNKNOWN_FIELDS = 10  # as many as are worth naming

# PostgreSQL refuses NUL in a text, UTF-8 a lone surrogate; JSON lets both in.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

Check = Callable[[object, str], Iterator[Problem]]


@dataclass(frozen=True, slots=True)
class Key:
    """How the value of one key of an object is checked; a blank one counts as not given."""

    check: Check
    is_required: bool = True


def anything(value: object, where: str) -> Iterator[Problem]:
    """Whatever stands here is right, or is checked elsewhere."""
    return iter(())


def is_blank(value: object) -> bool:
    """Whether a value counts as not given: null, or nothing but spaces."""
    return value is None or (isinstance(value, str) and not value.strip())


def shape(value: object, where: str, keys: Mapping[str, Key]) -> Iterator[Problem]:
    """An object with these keys and no others."""
    if not isinstance(value, Mapping):
        yield Problem(where, Code.INVALID_TYPE, {"expected": "object"})
        return
    unknown = [key for key in value if key not in keys][:MAX_UNKNOWN_FIELDS]
    yield from (Problem(f"{where}.{shown(key)}", Code.UNKNOWN_FIELD) for key in unknown)
    for name, key in keys.items():
        given = value.get(name)
        if not is_blank(given):
            yield from key.check(given, f"{where}.{name}")
        elif key.is_required:
            yield Problem(f"{where}.{name}", Code.REQUIRED)


def list_of(value: object, where: str, *, each: Check, at_most: int) -> Iterator[Problem]:
    """A list with at least one item; one that is too long is refused without looking into it."""
    if not isinstance(value, list | tuple):
        yield Problem(where, Code.INVALID_TYPE, {"expected": "list"})
    elif not value:
        yield Problem(where, Code.REQUIRED)
    elif len(value) > at_most:
        yield Problem(where, Code.TOO_MANY, {"max": at_most})
    else:
        for index, item in enumerate(value):
            yield from each(item, f"{where}.{index}")


def plain(value: object, where: str, *, at_most: int = MAX_TEXT_LENGTH) -> Iterator[Problem]:
    """A text that is stored as it is, without placeholders."""
    if not isinstance(value, str):
        yield Problem(where, Code.INVALID_TYPE, {"expected": "text"})
    elif len(value) > at_most:
        yield Problem(where, Code.TOO_LONG, {"max": at_most})
    elif UNSTORABLE.search(value):
        yield Problem(where, Code.INVALID_CHARACTER)


def text(value: object, where: str, *, at_most: int = MAX_TEXT_LENGTH) -> Iterator[Problem]:
    """A text with placeholders."""
    found = _compiled(value, where, at_most)
    if isinstance(found, Problem):
        yield found


def url(value: object, where: str) -> Iterator[Problem]:
    """A web address, with placeholders only behind its host."""
    found = _compiled(value, where, web_addresses.MAX_LENGTH)
    if isinstance(found, Problem):
        yield found
    elif not web_addresses.has_fixed_host(found):
        yield Problem(where, Code.PLACEHOLDER_IN_HOST)
    elif not web_addresses.is_web_address(found.fill({}, escape=lambda _: "x")):
        yield Problem(where, Code.INVALID_URL)


def whole_number(value: object, where: str, *, least: int, most: int) -> Iterator[Problem]:
    """A whole number, both ends included."""
    if type(value) is not int:  # isinstance would let true pass
        yield Problem(where, Code.INVALID_TYPE, {"expected": "number"})
    elif not least <= value <= most:
        yield Problem(where, Code.OUT_OF_RANGE, {"min": least, "max": most})


def shown(value: object) -> str:
    """A stranger's word as it may stand in an answer or a log."""
    return UNSTORABLE.sub("", value[:64]) if isinstance(value, str) else type(value).__name__


def _compiled(value: object, where: str, at_most: int) -> Compiled | Problem:
    problem = next(plain(value, where, at_most=at_most), None)
    if problem:
        return problem
    try:
        return compile_text(str(value))
    except PlaceholderError as error:
        return Problem(where, error.code, {"placeholder": error.placeholder})
