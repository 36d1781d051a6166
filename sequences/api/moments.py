"""Fields for moments and for times on the wall clock."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from sequences.api.fields import OurWords, refuse
from sequences.rules.moments import EXAMPLE, read_moment

_CLOCK = re.compile(r"\d\d:\d\d(:\d\d)?")


class Moment(OurWords, serializers.DateTimeField):
    """ISO 8601 with an offset; written in UTC with a Z."""

    def to_internal_value(self, value: Any) -> datetime:
        if not isinstance(value, str):
            refuse("invalid_type", expected="text")
        moment = read_moment(value)
        if moment is None:
            refuse("invalid_format", example=EXAMPLE)
        return moment

    def to_representation(self, value: Any) -> Any:
        return utc_text(value)


def utc_text(value: datetime | None) -> str | None:
    """2026-05-01T09:30:00Z; fractions of a second only where there are any."""
    return None if value is None else value.astimezone(UTC).isoformat().replace("+00:00", "Z")


@extend_schema_field({"type": "string", "pattern": r"^\d\d:\d\d(:\d\d)?$", "examples": ["09:00"]})
class Clock(OurWords, serializers.Field[time, Any, str, Any]):
    """A wall-clock time: "09:00", or with seconds."""

    def to_internal_value(self, data: Any) -> time:
        if not isinstance(data, str):
            refuse("invalid_type", expected="text")
        try:
            if _CLOCK.fullmatch(data):
                return time.fromisoformat(data)
        except ValueError:
            pass
        refuse("invalid_format", example="09:00")

    def to_representation(self, value: time) -> str:
        return value.strftime("%H:%M:%S" if value.second else "%H:%M")
