"""What is wrong with somebody's input, as values: the faces put them into words."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class Code(StrEnum):
    """Every way in which a sub-flow's content can be wrong, with the params each one carries."""

    REQUIRED = "required"
    INVALID_TYPE = "invalid_type"  # expected: "text" | "list" | "object" | "number"
    UNKNOWN_FIELD = "unknown_field"
    UNKNOWN_TYPE = "unknown_type"  # type
    UNKNOWN_ACTION = "unknown_action"  # action
    TOO_MANY = "too_many"  # max
    TOO_LONG = "too_long"  # max
    OUT_OF_RANGE = "out_of_range"  # min, max
    INVALID_CHARACTER = "invalid_character"
    INVALID_URL = "invalid_url"
    PLACEHOLDER_IN_HOST = "placeholder_in_host"
    UNKNOWN_PLACEHOLDER = "unknown_placeholder"  # placeholder
    MALFORMED_PLACEHOLDER = "malformed_placeholder"  # placeholder
    RESERVED_PAYLOAD = "reserved_payload"  # prefix
    URL_OR_PAYLOAD = "url_or_payload"
    URL_AND_PAYLOAD = "url_and_payload"
    URL_WITH_ACTION = "url_with_action"


@dataclasses.dataclass(frozen=True, slots=True)
class Problem:
    """`field` is a path such as `blocks.2.buttons.0.label`."""

    field: str
    code: str
    params: Mapping[str, Any] = dataclasses.field(default_factory=dict)
