"""The examples of docs/api.md: each call as it stands there, with the status and the answer that it promises."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[2] / "docs/api.md"
_CALL = re.compile(r"```sh\n(curl (?:(?!```).)*)\n```\n\n\*\*(\d+)\*\*\n(?:\n```json\n(.*?)\n```\n)?", re.DOTALL)
ID = re.compile(r"[a-z]{3}_[0-9A-Za-z]{8,}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_SECRET = re.compile(r"(whsec_|msg_).{20,}")
_LINK = re.compile(r"https?://[^/]+/api/v1/.*[?&]cursor=.*|https?://[^/]+/webhooks/.*")


@dataclass(frozen=True, slots=True)
class Example:
    """`answer` None: the page shows no body. `path` begins behind /api/v1/."""

    method: str
    path: str
    headers: dict[str, str]
    body: str
    status: int
    answer: Any


def examples(page: str) -> Iterator[Example]:
    for call, status, answer in _CALL.findall(page):
        yield _example(shlex.split(call.replace("\\\n", "")), int(status), json.loads(answer) if answer else None)


def _example(words: list[str], status: int, answer: Any) -> Example:
    method, path, headers, body = "GET", "", {}, ""
    rest = iter(words[1:])
    for word in rest:
        if word == "-X":
            method = next(rest)
        elif word == "-H":
            name, _, value = next(rest).partition(": ")
            headers[name] = value
        elif word in ("-d", "--data-binary"):
            body = next(rest)
        else:
            path = word.removeprefix("$API/")
    if body and not {"$JSON", "Content-Type"} & headers.keys():
        raise ValueError(f"{path}: a body needs its content type")
    known = {name: value for name, value in headers.items() if not name.startswith("$")}
    return Example(method, path, known, body, status, answer)


class Names:
    """The page's ids and the real ones: an id of the page stands for the same row wherever it stands."""

    def __init__(self) -> None:
        self.real: dict[str, str] = {}

    def filled(self, text: str) -> str:
        return ID.sub(lambda found: self.real.get(found[0], found[0]), text)

    def differences(self, promised: Any, given: Any, where: str = "") -> list[str]:
        """Where the answer is not what the page says; ids, moments and secrets need only be of their kind."""
        if isinstance(promised, dict) and isinstance(given, dict):
            missing = [f"{where}: {sorted(promised.keys() ^ given.keys())}"] if promised.keys() != given.keys() else []
            inner = [
                self.differences(promised[name], given[name], f"{where}.{name}") for name in promised if name in given
            ]
            return missing + [line for lines in inner for line in lines]
        if isinstance(promised, list) and isinstance(given, list):
            if len(promised) != len(given):
                return [f"{where}: {len(promised)} != {len(given)}"]
            pairs = enumerate(zip(promised, given, strict=True))
            return [line for number, pair in pairs for line in self.differences(*pair, f"{where}.{number}")]
        return [] if self._alike(promised, given) else [f"{where}: {promised!r} != {given!r}"]

    def _alike(self, promised: Any, given: Any) -> bool:
        if isinstance(promised, str) and isinstance(given, str):
            if ID.fullmatch(promised) and ID.fullmatch(given) and promised[:4] == given[:4]:
                return self.real.setdefault(promised, given) == given
            if any(kind.fullmatch(promised) and kind.fullmatch(given) for kind in (_MOMENT, _DAY, _SECRET, _LINK)):
                return True
        return bool(promised == given) and type(promised) is type(given)
