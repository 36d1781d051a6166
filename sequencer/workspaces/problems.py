"""What is wrong with the input of a workspace's own actions, as values: the faces put them into words."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    field: str
    code: str
    params: Mapping[str, Any] = dataclasses.field(default_factory=dict)
