"""The opaque ids that outside programs see: a prefix that names the kind, and the row's number in disguise."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, overload

from sqids import Sqids

# The alphabet is part of every id handed out since the first release: changing it breaks every stored id.
_SQIDS = Sqids(alphabet="k3G7QAe51FCsPW92uEOyq4Bg6Sp8YzVTmnU0liwDdHXLajZrfxNhobJIRcMvKt", min_length=8, blocklist=[])


def to_public_id(prefix: str, number: int) -> str:
    return f"{prefix}_{_SQIDS.encode([number])}"


def from_public_id(prefix: str, text: object) -> int | None:
    """The row's number, or None for anything that we did not hand out under this prefix."""
    if not isinstance(text, str) or not text.startswith(prefix + "_") or len(text) > 40:
        return None
    return _number_in(prefix, text)


# A provider calls the same address each time.
@lru_cache(maxsize=1000)
def _number_in(prefix: str, text: str) -> int | None:
    numbers = _SQIDS.decode(text[len(prefix) + 1 :])
    if len(numbers) != 1 or numbers[0] >= 2**63 or to_public_id(prefix, numbers[0]) != text:
        return None
    return numbers[0]


class PublicId:
    """A read-only attribute of a model: `Sequence.public_id.parse("seq_...")`, `sequence.public_id`."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix

    @overload
    def __get__(self, row: None, model: type[Any]) -> PublicId: ...
    @overload
    def __get__(self, row: Any, model: type[Any]) -> str: ...
    def __get__(self, row: Any, model: type[Any]) -> PublicId | str:
        return self if row is None else to_public_id(self.prefix, row.pk)

    def of(self, number: int | None) -> str | None:
        """The public id of a foreign key's number."""
        return None if number is None else to_public_id(self.prefix, number)

    def parse(self, text: object) -> int | None:
        return from_public_id(self.prefix, text)
