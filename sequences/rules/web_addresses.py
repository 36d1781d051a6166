"""Web addresses that an author writes, placeholders included."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from sequences.rules.placeholders import Compiled

MAX_LENGTH = 2000

# No user:password@, no backslash (browsers read it as a slash), nothing invisible.
_SHAPE = re.compile(r"https?://[^\s\x00-\x20\x7f/?#\\@]+(?:[/?#][^\s\x00-\x20\x7f]*)?", re.IGNORECASE)
_WHOLE_HOST = re.compile(r"[^:]*://[^/?#]+[/?#]")


def is_web_address(text: str) -> bool:
    """Whether this is an absolute http or https address that every program reads alike."""
    if len(text) > MAX_LENGTH or not _SHAPE.fullmatch(text):
        return False
    try:
        parts = urlsplit(text)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def has_fixed_host(address: Compiled) -> bool:
    """Whether scheme and host are complete before the first placeholder, so that no value can move the address."""
    if not address.names:
        return True
    first = address.parts[0]
    return isinstance(first, str) and bool(_WHOLE_HOST.match(first))


def fill_address(address: Compiled, values: Mapping[str, Any]) -> str:
    """The address with percent-encoded values, which can add no slash, parameter or fragment."""
    return address.fill(values, escape=_encode)


def _encode(value: str) -> str:
    return quote(value, safe="", errors="replace")
