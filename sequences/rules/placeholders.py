"""Placeholders in a text: a small language of our own that can name a few values and nothing else.

`{{ first_name }}`, `{{ first_name|default:"there" }}`, `{{ fields.order_number }}`. It never evaluates, never follows
attributes and never reads a value a second time, so neither an author nor a contact can make it do more than that.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

CONTACT_NAMES = frozenset({"first_name", "last_name", "full_name", "language"})
UNKNOWN = "unknown_placeholder"
MALFORMED = "malformed_placeholder"

_EXCERPT_LENGTH = 80
_FIELD = re.compile(r"fields\.([\w-]{1,64})")
# Word processors and phones turn straight quotes into typographic ones while the author types.
_QUOTES = (('"', '"'), ("'", "'"), ("“”„", "“”"), ("‘’‚", "‘’"), ("«", "»"))
_DEFAULTS = "|".join(rf"[{opening}]((?:[^{closing}\\]|\\.)*+)[{closing}]" for opening, closing in _QUOTES)
# Possessive throughout, and compiling stops at the first failure: linear in the text, however hostile.
_PLACEHOLDER = re.compile(
    r"\{\{\s*+([^\s|{}]++)\s*+(?:\|\s*+default\s*+:\s*+(?:" + _DEFAULTS + r")\s*+)?\}\}",
    re.DOTALL,
)
_ESCAPED = re.compile(r"""\\([\\"'“”„‘’‚«»])""")
_LINE_BREAKS = re.compile("[\t\n\v\f\r\x85\u2028\u2029]+")
# Lone surrogates too: JSON can carry them, UTF-8 cannot.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class PlaceholderError(ValueError):
    """A placeholder that cannot be used; `code` is `unknown_placeholder` or `malformed_placeholder`."""

    def __init__(self, placeholder: str, code: str) -> None:
        super().__init__(f"{code}: {placeholder}")
        self.placeholder = placeholder
        self.code = code


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One value to insert; `field` is the custom field's name, empty for a value of the contact itself."""

    name: str
    field: str
    default: str

    def value_in(self, values: Mapping[str, Any]) -> str:
        """The value as one line of plain text; blank values give the default."""
        is_plain = not self.field and self.name != "full_name"
        found = values.get(self.name) if is_plain else self._found_in(values)
        text = found if isinstance(found, str) and found.isprintable() else plain_text(found)
        return text if text and not text.isspace() else self.default

    def _found_in(self, values: Mapping[str, Any]) -> object:
        if self.field:
            fields = values.get("fields")
            return fields.get(self.field) if isinstance(fields, Mapping) else None
        if self.name == "full_name" and not values.get("full_name"):
            names = (plain_text(values.get(part)).strip() for part in ("first_name", "last_name"))
            return " ".join(filter(None, names))
        return values.get(self.name)


@dataclass(frozen=True, slots=True)
class Compiled:
    """A text ready to be filled many times: literal pieces and placeholders in turn."""

    parts: tuple[str | Placeholder, ...]

    @property
    def names(self) -> list[str]:
        """Every placeholder's name once, in the order of the text."""
        return list(dict.fromkeys(part.name for part in self.parts if isinstance(part, Placeholder)))

    def fill(self, values: Mapping[str, Any], escape: Callable[[str], str] | None = None) -> str:
        """The text with its values inserted once; `escape` is applied to what is inserted, defaults included.

        `values`: {"first_name", "last_name", "language", "fields": {name: any JSON}}; everything may be missing.
        """
        filled = [part if isinstance(part, str) else part.value_in(values) for part in self.parts]
        if escape is not None:
            pairs = zip(self.parts, filled, strict=True)
            filled = [value if isinstance(part, str) else escape(value) for part, value in pairs]
        return "".join(filled)


@lru_cache(maxsize=1024)
def compile_text(text: str) -> Compiled:
    """Read a text's placeholders; raises PlaceholderError at the first that is unknown or malformed."""
    parts: list[str | Placeholder] = []
    position = 0
    while (start := text.find("{{", position)) >= 0:
        found = _PLACEHOLDER.match(text, start)
        if found is None:
            raise PlaceholderError(_excerpt(text, start), MALFORMED)
        if start > position:
            parts.append(text[position:start])
        parts.append(_placeholder(found))
        position = found.end()
    if position < len(text):
        parts.append(text[position:])
    return Compiled(tuple(parts))


def plain_text(value: object) -> str:
    """Any JSON value as one line of text without control characters; what has no sensible text is empty."""
    if isinstance(value, list | tuple):
        return ", ".join(filter(None, (_scalar(item) for item in value))) if _are_scalars(value) else ""
    return _scalar(value)


def _placeholder(found: re.Match[str]) -> Placeholder:
    name, *defaults = found.groups()
    field = _FIELD.fullmatch(name)
    if field is None and name not in CONTACT_NAMES:
        raise PlaceholderError(name[:_EXCERPT_LENGTH], UNKNOWN)
    default = next((text for text in defaults if text is not None), "")
    if defaults[-1] is not None:
        default = default.strip(" \u00a0\u202f")  # the spaces inside « » belong to the quotes, not to the text
    return Placeholder(name, field[1] if field else "", _ESCAPED.sub(r"\1", default))


def _excerpt(text: str, start: int) -> str:
    end = text.find("}}", start, start + _EXCERPT_LENGTH)
    return text[start : end + 2] if end >= 0 else text[start : start + _EXCERPT_LENGTH]


def _are_scalars(values: list[object] | tuple[object, ...]) -> bool:
    return all(value is None or isinstance(value, str | int | float) for value in values)


def _scalar(value: object) -> str:
    match value:
        case str():
            return _one_line(value)
        case bool():
            return "true" if value else "false"
        case int():
            return _digits(value)
        case float():
            if not math.isfinite(value):
                return ""
            return _digits(int(value)) if value.is_integer() and abs(value) < 1e15 else str(value)
    return ""


def _digits(number: int) -> str:
    try:
        return str(number)
    except ValueError:  # Python refuses to write numbers of more than 4,300 digits
        return ""


def _one_line(text: str) -> str:
    if text.isprintable():
        return text
    return _UNPRINTABLE.sub("", _LINE_BREAKS.sub(" ", text))
