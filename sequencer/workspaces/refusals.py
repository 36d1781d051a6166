"""How an action says no: every problem names its field, nothing was changed, the faces find the words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class ProblemLike(Protocol):
    @property
    def field(self) -> str: ...
    @property
    def code(self) -> str: ...
    @property
    def params(self) -> Mapping[str, Any]: ...


class Refused(Exception):
    """The input cannot be stored as it is; `problems` is never empty."""

    def __init__(self, problems: Sequence[ProblemLike]) -> None:
        super().__init__(", ".join(f"{problem.field}: {problem.code}" for problem in problems))
        self.problems = list(problems)


class Conflict(Exception):
    """The thing exists, but its state does not allow this; `code` is the contract's word."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
