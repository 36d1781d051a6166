"""The headers of an answer, read only if somebody asks for one that is there: most answers are never asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


class AnswerHeaders(Mapping[str, str]):
    """By lower-case name; a name that came several times has its values joined by commas."""

    __slots__ = ("_found", "_lowered", "_raw")

    def __init__(self, raw: bytes) -> None:
        self._raw, self._lowered = raw, raw.lower()
        self._found: dict[str, str] | None = None

    def __getitem__(self, name: str) -> str:
        return self._read()[name]

    def get(self, name: str, default: Any = None) -> Any:
        """The value, `default` if there is none: without a look at each line where the name is nowhere."""
        return self._read().get(name, default) if name.encode() in self._lowered else default

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def __repr__(self) -> str:
        return repr(self._read())

    def _read(self) -> dict[str, str]:
        if self._found is None:
            self._found = _read_headers(self._raw)
        return self._found


def _read_headers(raw: bytes) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in raw.split(b"\n"):
        if line.startswith(b"HTTP/"):  # an interim answer came before
            headers.clear()
            continue
        name, colon, value = line.decode("latin-1").partition(":")
        if colon:
            key, text = name.strip().lower(), value.strip()
            headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers
