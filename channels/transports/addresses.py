"""Which network addresses the doors may reach: public ones, unless the operator allows more."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

WEB_PORTS = frozenset({80, 443})

# IANA special-purpose registries, read 2026-11-22. A table of our own, because ipaddress.is_global differs between
# patch releases of Python and calls multicast, NAT64 and site-local addresses global.
_NOT_PUBLIC_V4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # Azure's wire server: a public address that answers inside only
        "169.254.0.0/16",  # link-local, the clouds' metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
_GLOBAL_UNICAST_V6 = IPv6Network("2000::/3")
_NOT_PUBLIC_V6 = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments (Teredo is unwrapped before)
        "2001:db8::/32",  # documentation
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)
_V4_IN_LAST_BITS = tuple(
    IPv6Network(text)
    for text in (
        "::ffff:0:0/96",  # v4-mapped
        "::/96",  # v4-compatible
        "64:ff9b::/96",  # NAT64, well-known prefix
        "64:ff9b:1::/96",  # NAT64, local use: other layouts of it are simply refused
    )
)


@dataclass(frozen=True, slots=True)
class AddressRules:
    """What may be reached besides public addresses on web ports.

    `is_open` lifts every rule; `networks` opens addresses, not ports; `own_listeners` are (address, port) pairs on
    which this product itself listens and which stay closed even when public, `own_names` the same by (name, port),
    and `own_ports` stay closed on every address of this machine (own_machine.py).
    """

    is_open: bool = False
    networks: tuple[Network, ...] = ()
    ports: frozenset[int] = WEB_PORTS
    own_listeners: frozenset[tuple[str, int]] = frozenset()
    own_names: frozenset[tuple[str, int]] = frozenset()
    own_ports: frozenset[int] = frozenset()

    @classmethod
    def parse(
        cls,
        text: str,
        *,
        ports: frozenset[int] = WEB_PORTS,
        own_listeners: frozenset[tuple[str, int]] = frozenset(),
    ) -> AddressRules:
        """Read ALLOW_PRIVATE_ADDRESSES: "0", "1" or comma-separated networks; ValueError for anything else."""
        words = [word.strip() for word in text.split(",") if word.strip()]
        if words == ["1"]:
            return cls(is_open=True)
        networks = () if words in ([], ["0"]) else tuple(ip_network(word, strict=False) for word in words)
        return cls(networks=networks, ports=ports, own_listeners=own_listeners)


def is_reachable(ip: str, port: int, rules: AddressRules) -> bool:
    """Whether a socket may be opened to this literal address (as getaddrinfo gives it) and port."""
    if rules.is_open:
        return True
    try:
        address = ip_address(ip)
    except ValueError:
        return False
    faces = (address, *unwrapped(address))
    if port not in rules.ports or any((str(face), port) in rules.own_listeners for face in faces):
        return False
    return not is_inside(ip, rules)


def is_inside(ip: str, rules: AddressRules) -> bool:
    """Whether no port of this literal address would ever be reached."""
    if rules.is_open or is_opened(ip, rules):
        return False
    address = ip_address(ip)
    return not all(_is_public(face) for face in unwrapped(address) or (address,))


def is_opened(ip: str, rules: AddressRules) -> bool:
    """Whether the operator opened the network of this literal address, wrapped or not."""
    address = ip_address(ip)
    return any(face in network for face in (address, *unwrapped(address)) for network in rules.networks)


def unwrapped(address: Address) -> tuple[IPv4Address, ...]:
    """The v4 addresses that a v6 address stands for; empty when it stands for itself."""
    if isinstance(address, IPv4Address):
        return ()
    if any(address in network for network in _V4_IN_LAST_BITS):
        return (IPv4Address(int(address) & 0xFFFFFFFF),)
    if address.sixtofour is not None:
        return (address.sixtofour,)
    return address.teredo or ()


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_V4)
    return address in _GLOBAL_UNICAST_V6 and not any(address in network for network in _NOT_PUBLIC_V6)
