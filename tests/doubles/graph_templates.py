"""The utility templates of the Graph double's Page: kept, listed a few at a time, and taken only when approved."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from typing import Any

PARAMETER = re.compile(r"{{\s*(\w+)\s*}}")


@dataclass
class KeptTemplate:
    id: str
    name: str
    language: str
    status: str
    body: str | None = None  # None: its words do not matter, any parameters fill it
    header: str = ""
    buttons: list[dict[str, Any]] = field(default_factory=list)
    parameter_format: str = "POSITIONAL"
    header_format: str = "TEXT"

    def listed(self) -> dict[str, Any]:
        components: list[dict[str, Any]] = [{"type": "BODY", "text": self.body or ""}]
        if self.header or self.header_format != "TEXT":
            components.insert(0, {"type": "HEADER", "format": self.header_format, "text": self.header})
        if self.buttons:
            components.append({"type": "BUTTONS", "buttons": self.buttons})
        return {
            "id": self.id,
            "name": self.name,
            "language": self.language,
            "status": self.status,
            "category": "UTILITY",
            "parameter_format": self.parameter_format,
            "components": components,
        }

    def is_filled_by(self, components: list[dict[str, Any]]) -> bool:
        """Whether header and body get exactly the parameters that they name or count."""
        given = {str(one.get("type", "")).lower(): one.get("parameters", []) for one in components}
        if self.body is None:
            return True
        return all(
            _fills(text, given.get(kind, [])) for kind, text in (("header", self.header), ("body", self.body))
        ) and len(given.get("buttons", [])) == sum(_has_parameter(button) for button in self.buttons)


class GraphTemplates:
    """By name and language; the list comes `page_size` at a time, with cursors."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], KeptTemplate] = {}
        self._ids = itertools.count(1000)
        self.page_size = 100

    def keep(self, name: str, language: str, status: str, **more: Any) -> bool:
        """Store it, or its new status; whether that is news to whoever listens."""
        kept = self._kept.get((name, language))
        if kept is None:
            self._kept[name, language] = KeptTemplate(str(next(self._ids)), name, language, status, **more)
            return False
        kept.status = status
        for key, value in more.items():
            setattr(kept, key, value)
        return True

    def forget(self, name: str, language: str = "en") -> None:
        del self._kept[name, language]

    def listed(self, query: dict[str, str]) -> dict[str, Any]:
        start = int(query.get("after", "0").removeprefix("cursor"))
        size = min(int(query.get("limit", "25")), self.page_size)
        rows = list(self._kept.values())
        paging: dict[str, Any] = {"cursors": {"before": f"cursor{start}", "after": f"cursor{start + size}"}}
        if start + size < len(rows):
            paging["next"] = "https://graph.example.invalid/next"  # nobody may follow it: the cursor is enough
        return {"data": [row.listed() for row in rows[start : start + size]], "paging": paging}

    def find(self, template: dict[str, Any]) -> KeptTemplate | None:
        """The one that a message names."""
        return self._kept.get((template.get("name", ""), (template.get("language") or {}).get("code", "")))

    def takes(self, template: dict[str, Any]) -> bool:
        kept = self.find(template)
        return kept is not None and kept.status == "APPROVED" and kept.is_filled_by(template.get("components", []))


def _fills(text: str, parameters: list[dict[str, Any]]) -> bool:
    names = dict.fromkeys(PARAMETER.findall(text))
    if any(not name.isdigit() for name in names):
        return [parameter.get("parameter_name") for parameter in parameters] == list(names)
    return len(parameters) == len(names) and not any("parameter_name" in parameter for parameter in parameters)


def _has_parameter(button: dict[str, Any]) -> bool:
    return bool(PARAMETER.search(str(button.get("url") or button.get("payload") or "")))
