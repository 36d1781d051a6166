"""The base of every object of the API: it takes the fields that it names, and refuses the others by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from sequences.api.fields import OurWords, refuse
from sequences.rules.shapes import MAX_UNKNOWN_FIELDS, shown
from sequences.sentences import sentence

OPTIONAL: dict[str, Any] = {"required": False, "allow_null": True}  # how null and nothing come to mean the same


class Shape(OurWords, serializers.Serializer[Any]):
    """Read with `read()`; writes with `.data`. `partial=True` needs no field."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, Mapping):
            refuse("invalid_type", expected="object")
        errors: dict[str, Any] = dict(list(self._unknown(data).items())[:MAX_UNKNOWN_FIELDS])
        values: dict[str, Any] = {}
        try:
            values = super().to_internal_value(dict(data))
        except serializers.ValidationError as error:
            errors = {**errors, **dict(error.detail)} if isinstance(error.detail, dict) else errors
            if not errors:
                raise
        if errors:
            raise serializers.ValidationError(errors)
        return values

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Without the framework's own check of the type, which speaks other words."""
        is_empty, value = self.validate_empty_values(data)
        return value if is_empty else self.to_internal_value(data)

    def _unknown(self, data: Mapping[Any, Any]) -> dict[str, list[ErrorDetail]]:
        codes = {
            shown(name): "read_only" if name in self.fields else "unknown_field"
            for name in data
            if name not in self.fields or self.fields[name].read_only
        }
        return {name: [ErrorDetail(sentence(code), code)] for name, code in codes.items()}

    @classmethod
    def read(cls, data: Any, *, partial: bool = False) -> dict[str, Any]:
        """The values of a request's body; raises ValidationError."""
        values: dict[str, Any] = cls(partial=partial).run_validation(data)
        return values
