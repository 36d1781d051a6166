"""What a browser would send of a page's fields: with or without a script to run, and with its own ways with texts."""

from __future__ import annotations

import re
from html.parser import HTMLParser

Pair = tuple[str, str]


def sent_by_browser(page: str, *, has_script: bool = True) -> list[Pair]:
    """Name and value of every field in the order of the page; what stands in <template> is never sent."""
    reader = _Fields(has_script)
    # A browser reads every kind of line break as one.
    reader.feed(re.sub("\r\n?", "\n", page))
    reader.close()
    return reader.found


class _Fields(HTMLParser):
    def __init__(self, has_script: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Pair] = []
        self._asleep = {"template", "noscript"} if has_script else {"template"}
        self._depth = 0
        self._select: list[str] | None = None
        self._options: list[Pair] = []
        self._text: list[str] | None = None
        self._name = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in self._asleep:
            self._depth += 1
        if self._depth:
            return
        if tag == "input" and given.get("name"):
            self._input(given)
        elif tag == "select":
            self._name, self._options = given.get("name", ""), []
        elif tag == "option":
            self._options.append((given.get("value", ""), "selected" if "selected" in given else ""))
        elif tag == "textarea":
            self._name, self._text = given.get("name", ""), []

    def _input(self, given: dict[str, str]) -> None:
        if given.get("type") == "checkbox" and "checked" not in given:
            return
        value = given.get("value", "on" if given.get("type") == "checkbox" else "")
        # A one-line field keeps no line breaks; a hidden one does.
        self.found.append((given["name"], value if given.get("type") == "hidden" else value.replace("\n", "")))

    def handle_data(self, data: str) -> None:
        if self._text is not None and not self._depth:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._asleep:
            self._depth -= 1
        elif self._depth:
            return
        elif tag == "select" and self._name:
            chosen = [value for value, is_selected in self._options if is_selected]
            self.found.append((self._name, chosen[-1] if chosen else next((v for v, _ in self._options), "")))
        elif tag == "textarea" and self._text is not None:
            text = "".join(self._text).removeprefix("\n")
            self.found.append((self._name, text.replace("\n", "\r\n")))
            self._text = None
