"""What a list says while it is empty: what would stand here, and the next step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Empty:
    """`links` are (name of an address, words); the first is the step to take."""

    title: Any
    text: Any
    links: Sequence[tuple[str, Any]] = ()
