"""What the doors may reach in this installation, as its operator decided."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings

from channels.transports.addresses import AddressRules, is_inside
from channels.transports.spelled import spelled_address

_PORTS = {"http": 80, "https": 443}


def address_rules() -> AddressRules:
    """ALLOW_PRIVATE_ADDRESSES, OUTGOING_PORTS and our own address, as rules for the doors."""
    public = urlsplit(settings.PUBLIC_URL)
    host, port = (public.hostname or "").rstrip("."), public.port or _PORTS.get(public.scheme, 0)
    return AddressRules(
        is_open=settings.ALLOW_PRIVATE_ADDRESSES,
        networks=tuple(settings.PRIVATE_NETWORKS),
        ports=frozenset(settings.OUTGOING_PORTS),
        own_listeners=frozenset({(host, port)} if _is_address(host) else ()),
        own_names=frozenset({(host, port)}),
        own_ports=frozenset({port}),
    )


def leads_inside(host: str) -> bool:
    """Whether the doors would refuse this host whatever it is asked: an inner address, however it is spelled."""
    address = spelled_address(host)
    return address is not None and is_inside(address, address_rules())


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
