"""Whether the world reaches this installation."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings


def is_for_this_machine_only() -> bool:
    """Whether this installation is for whoever works on it, or on its machine: the world does not reach it."""
    host = urlsplit(settings.PUBLIC_URL).hostname or ""
    return bool(settings.DEBUG) or host == "localhost" or _is_loopback(host)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
