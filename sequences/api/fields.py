"""Fields that take a JSON value as it is: a text is no number, a number is no text, and every refusal has a code."""

from __future__ import annotations

import math
from typing import Any, NoReturn

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from sequences.rules.shapes import UNSTORABLE
from sequences.sentences import sentence

MAX_DEPTH = 20
MAX_TEXT = 10_000


def refuse(code: str, **params: Any) -> NoReturn:
    """Refuse the value of the field that is being read."""
    raise serializers.ValidationError(sentence(code, params), code=code)


def refuse_unstorable(value: Any, depth: int = 0) -> None:
    """Any JSON value: every text and number in it must be storable, and it must not be nested without end."""
    if depth > MAX_DEPTH:
        refuse("too_many", max=MAX_DEPTH)
    if isinstance(value, str) and UNSTORABLE.search(value):
        refuse("invalid_character")
    if isinstance(value, float) and not math.isfinite(value):
        refuse("invalid_type", expected="number")
    parts = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else []
    for part in parts:
        refuse_unstorable(part, depth + 1)


class OurWords:
    """Puts what the framework refuses by itself (nothing given, null) into our codes and sentences."""

    def fail(self, key: str, **params: Any) -> NoReturn:
        match key:
            case "required" | "null":
                refuse("required")
            case "not_a_list":
                refuse("invalid_type", expected="list")
            case "max_length":
                refuse("too_many", max=params.get("max_length"))
            case _:
                refuse("invalid_type", expected="object")


class Text(OurWords, serializers.CharField):
    """Stored as given, but for blanks at both ends; `max_length` counts characters."""

    def __init__(self, max_length: int = MAX_TEXT, allow_blank: bool = False, **kwargs: Any) -> None:
        super().__init__(allow_blank=allow_blank, **kwargs)
        self.most = max_length

    def run_validation(self, data: Any = serializers.empty) -> Any:
        return serializers.Field.run_validation(self, data)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            refuse("invalid_type", expected="text")
        text = data.strip()
        if UNSTORABLE.search(text):
            refuse("invalid_character")
        if len(text) > self.most:
            refuse("too_long", max=self.most)
        if not text and not self.allow_blank:
            refuse("required")
        return text

    def to_representation(self, value: Any) -> Any:
        return None if value is None else str(value)


class Choice(OurWords, serializers.ChoiceField):
    """One word of a closed list."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            refuse("invalid_type", expected="text")
        if data not in self.choices:
            refuse("unknown_choice", value=UNSTORABLE.sub("", data[:50]))
        return data

    def to_representation(self, value: Any) -> Any:
        return str(value) if value else None


class Number(OurWords, serializers.IntegerField):
    """A whole number; true and 1.5 are none."""

    def __init__(self, least: int = -(2**31), most: int = 2**31 - 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.least, self.most = least, most

    def to_internal_value(self, data: Any) -> int:
        if type(data) is not int:  # isinstance would let true pass
            refuse("invalid_type", expected="number")
        if not self.least <= data <= self.most:
            refuse("out_of_range", min=self.least, max=self.most)
        return data


class YesNo(OurWords, serializers.BooleanField):
    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            refuse("invalid_type", expected="boolean")
        return data


@extend_schema_field(OpenApiTypes.OBJECT)
class AnyObject(OurWords, serializers.Field[Any, Any, Any, Any]):
    """An object with any JSON inside, at most `most` characters of it."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            refuse("invalid_type", expected="object")
        refuse_unstorable(data)
        if len(str(data)) > 50_000:
            refuse("too_long", max=50_000)
        return data

    def to_representation(self, value: Any) -> Any:
        return value


@extend_schema_field(OpenApiTypes.ANY)
class AnyJson(OurWords, serializers.Field[Any, Any, Any, Any]):
    """Any JSON value; somebody else knows its shape."""

    def to_internal_value(self, data: Any) -> Any:
        return data

    def to_representation(self, value: Any) -> Any:
        return value


class PublicId(OurWords, serializers.CharField):
    """The opaque id of a row, read as its number; what we never handed out is not found. `source` is the column."""

    def __init__(self, model: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.model = model

    def run_validation(self, data: Any = serializers.empty) -> Any:
        return serializers.Field.run_validation(self, data)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            refuse("invalid_type", expected="text")
        number: int | None = self.model.public_id.parse(data)
        if number is None:
            refuse("not_found")
        return number

    def to_representation(self, value: Any) -> str:
        return str(self.model.public_id.of(value))


class Many(OurWords, serializers.ListField):
    """A list; `most` items at most."""

    def __init__(self, child: serializers.Field[Any, Any, Any, Any], most: int, **kwargs: Any) -> None:
        super().__init__(child=child, **kwargs)
        self.most = most

    def to_internal_value(self, data: Any) -> list[Any]:
        if not isinstance(data, list):
            refuse("invalid_type", expected="list")
        if len(data) > self.most:
            refuse("too_many", max=self.most)
        values: list[Any] = []
        errors: dict[Any, Any] = {}
        for index, item in enumerate(data):
            try:
                values.append(self.child.run_validation(item))
            except serializers.ValidationError as error:
                errors[index] = error.detail
        if errors:
            raise serializers.ValidationError(errors)
        return values
