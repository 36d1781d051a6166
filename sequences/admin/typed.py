"""What a browser makes of a text on its way through a form, so that nothing is changed by merely being shown."""

from __future__ import annotations

import re

_LINE_BREAK = re.compile("\r\n?|\n")


def kept_line(typed: str, stored: str) -> str:
    """The stored text when a one-line input gives it back untouched, else what was typed without spaces around."""
    return stored if _LINE_BREAK.sub("", typed) == _LINE_BREAK.sub("", stored) else typed.strip()


def kept_text(typed: str, stored: str) -> str:
    """The same for a field of several lines, whose breaks a browser writes anew."""
    plain = _LINE_BREAK.sub("\n", typed)
    return stored if plain == _LINE_BREAK.sub("\n", stored) else plain
