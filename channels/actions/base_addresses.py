"""Where a channel's credentials are sent: to the provider, or to the server that its base address names."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings as operators

_PORTS = {"http": 80, "https": 443}
_LOOPBACK = ("127.0.0.1", "::1")


def origin(settings: Mapping[str, Any]) -> tuple[str, str, int] | None:
    """Scheme, host and port of the base address; None for the provider itself, and for what is no address."""
    try:
        address = urlsplit(str(settings.get("base_url") or ""))
        host, port = address.hostname or "", address.port
    except ValueError:
        return None
    return (address.scheme, host, port or _PORTS.get(address.scheme, 0)) if host else None


def may_be_plain(base_url: str) -> bool:
    """Whether plain HTTP will do: only for an address, or this machine, that the operator opened by name.

    Of any other name nobody knows what it will stand for when a message goes.
    """
    if operators.ALLOW_PRIVATE_ADDRESSES:
        return True
    host = urlsplit(base_url).hostname or ""
    try:
        addresses = [ip_address(text) for text in (_LOOPBACK if host == "localhost" else (host,))]
    except ValueError:
        return False
    return any(address in network for address in addresses for network in operators.PRIVATE_NETWORKS)
