"""What may be set on a channel of a kind, and which credentials it needs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from channels.actions.base_addresses import may_be_plain
from channels.backends import backend_for
from sequencer.workspaces.problems import Problem

AFTER_24_HOURS = ("utility_template", "message_tag", "never")
MAX_CREDENTIAL = 4000
MIN_PACE, MAX_PACE = 0.01, 10_000
_BASE_URL = re.compile(r"https?://[^\s/?#\\@]+(/[^\s?#\\]*)?", re.IGNORECASE)
_API_VERSION = re.compile(r"v?\d{1,3}(\.\d{1,3})?")
_ONE_LINE = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]+")


def check_settings(kind: str, settings: Mapping[str, Any]) -> Iterator[Problem]:
    """Everything wrong with the settings of a channel of this kind; an unknown one is refused by name."""
    checks = {"base_url": _base_url, "api_version": _api_version, "sends_per_second": _pace}
    if backend_for(kind).capabilities.reply_window is not None:
        checks["after_24_hours"] = _after_24_hours
    if kind == "sandbox":
        checks["reply_window"] = _yes_no
    for name, value in settings.items():
        where = f"settings.{name}"
        if name not in checks:
            yield Problem(where, "unknown_field")
        elif wrong := checks[name](value):
            yield Problem(where, *wrong)


def check_credentials(needed: tuple[str, ...], credentials: Mapping[str, Any]) -> Iterator[Problem]:
    """All that the kind needs, nothing else, each one line of text."""
    for name in credentials:
        if name not in needed:
            yield Problem(f"credentials.{name}", "unknown_field")
    for name in needed:
        value = credentials.get(name)
        if value is None or value == "":
            yield Problem(f"credentials.{name}", "required")
        elif not isinstance(value, str):
            yield Problem(f"credentials.{name}", "invalid_type", {"expected": "text"})
        elif len(value) > MAX_CREDENTIAL:
            yield Problem(f"credentials.{name}", "too_long", {"max": MAX_CREDENTIAL})
        elif not _ONE_LINE.fullmatch(value):
            yield Problem(f"credentials.{name}", "invalid_character")


_Wrong = tuple[str, dict[str, Any]] | None


def _base_url(value: Any) -> _Wrong:
    if not isinstance(value, str):
        return "invalid_type", {"expected": "text"}
    try:
        is_address = len(value) <= 500 and bool(_BASE_URL.fullmatch(value) and urlsplit(value).hostname)
        is_address = is_address and urlsplit(value).port != 0
    except ValueError:
        is_address = False
    if not is_address:
        return "invalid_url", {}
    return None if urlsplit(value).scheme == "https" or may_be_plain(value) else ("https_required", {})


def _api_version(value: Any) -> _Wrong:
    if not isinstance(value, str):
        return "invalid_type", {"expected": "text"}
    return None if _API_VERSION.fullmatch(value) else ("invalid_format", {"example": "v24.0"})


def _after_24_hours(value: Any) -> _Wrong:
    if not isinstance(value, str):
        return "invalid_type", {"expected": "text"}
    return None if value in AFTER_24_HOURS else ("unknown_choice", {"value": value[:50]})


def _pace(value: Any) -> _Wrong:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "invalid_type", {"expected": "number"}
    return None if MIN_PACE <= value <= MAX_PACE else ("out_of_range", {"min": MIN_PACE, "max": MAX_PACE})


def _yes_no(value: Any) -> _Wrong:
    return None if isinstance(value, bool) else ("invalid_type", {"expected": "boolean"})
