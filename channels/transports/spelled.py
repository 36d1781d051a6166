"""The address that a host spells, in any of the ways that programs read as one; names are for the resolver."""

from __future__ import annotations

import socket
import unicodedata
from ipaddress import IPv4Address, ip_address

_THIS_MACHINE = "127.0.0.1"


def spelled_address(host: str) -> str | None:
    """A literal address as getaddrinfo would give it: 127.1, 0x7f.1, 2130706433 and circled digits are one too."""
    text = unicodedata.normalize("NFKC", host).strip("[]").rstrip(".").lower()
    if text == "localhost" or text.endswith(".localhost"):
        return _THIS_MACHINE
    try:
        return str(ip_address(text.partition("%")[0]))
    except ValueError:
        pass
    try:
        return str(IPv4Address(socket.inet_aton(text)))
    except (OSError, ValueError):
        return None
