"""Whether a call would end at ourselves: at a listener of this machine, or at our own public name."""

from __future__ import annotations

import socket
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

from channels.transports.addresses import AddressRules, is_opened

_PORTS = {"http": 80, "https": 443}


def is_own_listener(ip: str, port: int, rules: AddressRules) -> bool:
    """An address of this machine is one of ours, unless its network was opened: then only our own port is."""
    if rules.is_open or not is_of_this_machine(ip):
        return False
    return port in rules.own_ports or not is_opened(ip, rules)


def has_own_name(url: str, rules: AddressRules) -> bool:
    """Whether an address names the host and port under which the world reaches us."""
    if rules.is_open or not rules.own_names:
        return False
    try:
        address = urlsplit(url)
        host, port = (address.hostname or "").rstrip("."), address.port
    except ValueError:
        return False
    return (host, port or _PORTS.get(address.scheme, 0)) in rules.own_names


@lru_cache(maxsize=1000)
def is_of_this_machine(ip: str) -> bool:
    """Whether the system lets us listen there, which it does for its own addresses only; nothing is sent."""
    try:
        family = socket.AF_INET6 if ip_address(ip).version == 6 else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((ip, 0))
    except (OSError, ValueError):
        return False
    return True
