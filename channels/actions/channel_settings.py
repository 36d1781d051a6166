"""What may be set on a channel of a kind, and which credentials it needs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from channels.actions.base_addresses import may_be_plain, origin
from channels.backends import Backend, backend_for
from channels.backends.base import Setting, SettingKind
from channels.reach import leads_inside
from sequencer.workspaces.problems import Problem

AFTER_24_HOURS = ("utility_template", "message_tag", "never")
MAX_CREDENTIAL = 4000
MIN_PACE, MAX_PACE = 0.01, 10_000
_BASE_URL = re.compile(r"https?://[^\s/?#\\@]+(/[^\s?#\\]*)?", re.IGNORECASE)
_WEB_ADDRESS = re.compile(r"https?://[^\s/?#\\@]+([/?][^\s#\\]*)?", re.IGNORECASE)
_API_VERSION = re.compile(r"v?\d{1,3}(\.\d{1,3})?")
_ONE_LINE = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]+")


def check_settings(kind: str, settings: Mapping[str, Any]) -> Iterator[Problem]:
    """Everything wrong with the settings of a channel of this kind; an unknown one is refused by name."""
    checks = _checks(backend_for(kind))
    for name, value in settings.items():
        where = f"settings.{name}"
        if name not in checks:
            yield Problem(where, "unknown_field")
        elif wrong := checks[name](value):
            yield Problem(where, *wrong)
    for setting in backend_for(kind).own_settings:
        if setting.is_required and settings.get(setting.name) in (None, ""):
            yield Problem(f"settings.{setting.name}", "required")
    for name in backend_for(kind).missing_settings(settings):
        yield Problem(f"settings.{name}", "required")
    yield from _check_own(backend_for(kind), settings)


def _check_own(backend: Backend, settings: Mapping[str, Any]) -> Iterator[Problem]:
    """What only the kind itself sees of its settings, as long as all of them are texts."""
    own = {setting.name: setting for setting in backend.own_settings}
    texts = {name: value for name, value in settings.items() if name in own and isinstance(value, str)}
    for name in backend.wrong_settings(texts):
        yield Problem(f"settings.{name}", "invalid_format", {"example": own[name].example})
    host = backend.in_the_clear(texts)
    if host and not may_be_plain(f"//[{host}]" if ":" in host else f"//{host}"):
        yield Problem("settings.security", "encryption_required")


def place(kind: str, settings: Mapping[str, Any]) -> tuple[Any, ...]:
    """Where a channel's credentials are sent, as far as its settings say so."""
    own = (settings.get(one.name) or None for one in backend_for(kind).own_settings if one.is_place)
    return origin(settings), *own


def check_credentials(
    backend: Backend, credentials: Mapping[str, Any], settings: Mapping[str, Any] = MappingProxyType({})
) -> Iterator[Problem]:
    """All that the kind needs, nothing that it does not know, each one line of text."""
    for name in backend.missing_credentials(settings, credentials):
        yield Problem(f"credentials.{name}", "required")
    known = (*backend.credential_fields, *backend.optional_credentials)
    for name in credentials:
        if name not in known:
            yield Problem(f"credentials.{name}", "unknown_field")
    for name in known:
        value = credentials.get(name)
        if value is None or value == "":
            if name in backend.credential_fields:
                yield Problem(f"credentials.{name}", "required")
        elif not isinstance(value, str):
            yield Problem(f"credentials.{name}", "invalid_type", {"expected": "text"})
        elif len(value) > MAX_CREDENTIAL:
            yield Problem(f"credentials.{name}", "too_long", {"max": MAX_CREDENTIAL})
        elif not _ONE_LINE.fullmatch(value):
            yield Problem(f"credentials.{name}", "invalid_character")
        elif not backend.is_credential(name, value):
            yield Problem(f"credentials.{name}", "invalid_secret")


_Wrong = tuple[str, dict[str, Any]] | None


def _checks(backend: Backend) -> dict[str, Callable[[Any], _Wrong]]:
    checks: dict[str, Callable[[Any], _Wrong]] = {"sends_per_second": _pace}
    if backend.has_base_url:
        checks |= {"base_url": _base_url, "api_version": _api_version}
    if backend.capabilities.reply_window is not None:
        checks["after_24_hours"] = partial(_after_24_hours, backend.ways_after_24_hours())
    return checks | {setting.name: partial(_own, setting) for setting in backend.own_settings}


def _own(setting: Setting, value: Any) -> _Wrong:
    """A setting of the kind's own; one that may be absent may be empty."""
    if setting.kind == SettingKind.YES_NO:
        return None if isinstance(value, bool) else ("invalid_type", {"expected": "boolean"})
    if not isinstance(value, str):
        return "invalid_type", {"expected": "text"}
    if not value:
        return None
    if setting.kind == SettingKind.URL:
        return _address(_WEB_ADDRESS, value)
    if setting.kind == SettingKind.CHOICE:
        return None if value in setting.choices else ("unknown_choice", {"value": value[:50]})
    if not _ONE_LINE.fullmatch(value):
        return "invalid_character", {}
    if setting.kind == SettingKind.HOST and leads_inside(value):
        return "address_forbidden", {}
    return None if re.fullmatch(setting.pattern, value) else ("invalid_format", {"example": setting.example})


def _base_url(value: Any) -> _Wrong:
    if not isinstance(value, str):
        return "invalid_type", {"expected": "text"}
    return _address(_BASE_URL, value)


def _address(shape: re.Pattern[str], value: str) -> _Wrong:
    try:
        is_address = len(value) <= 500 and bool(shape.fullmatch(value) and urlsplit(value).hostname)
        is_address = is_address and urlsplit(value).port != 0
    except ValueError:
        is_address = False
    if not is_address:
        return "invalid_url", {}
    if urlsplit(value).scheme.lower() != "https" and not may_be_plain(value):
        return "https_required", {}
    return ("address_forbidden", {}) if leads_inside(urlsplit(value).hostname or "") else None


def _api_version(value: Any) -> _Wrong:
    if not isinstance(value, str):
        return "invalid_type", {"expected": "text"}
    return None if _API_VERSION.fullmatch(value) else ("invalid_format", {"example": "v24.0"})


def _after_24_hours(ways: tuple[str, ...], value: Any) -> _Wrong:
    if not isinstance(value, str):
        return "invalid_type", {"expected": "text"}
    return None if value in ways else ("unknown_choice", {"value": value[:50]})


def _pace(value: Any) -> _Wrong:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "invalid_type", {"expected": "number"}
    return None if MIN_PACE <= value <= MAX_PACE else ("out_of_range", {"min": MIN_PACE, "max": MAX_PACE})
