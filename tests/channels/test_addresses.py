"""Which addresses the doors may reach: the known ways to make a server call its own network."""

from __future__ import annotations

import pytest

from channels.transports.addresses import AddressRules, is_reachable

CLOSED = AddressRules.parse("0")

REFUSED = [
    "127.0.0.1",  # loopback
    "127.255.255.254",
    "0.0.0.0",  # noqa: S104 - an address to refuse, not to bind
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",  # the clouds' metadata
    "168.63.129.16",  # the same on Azure, by a public address
    "::ffff:168.63.129.16",
    "64:ff9b::a83f:8110",
    "2002:a83f:8110::1",
    "100.100.100.200",  # the same on Alibaba Cloud
    "fd00:ec2::254",  # the same on Amazon
    "100.64.0.1",  # carrier-grade NAT: is_private says no
    "192.0.0.8",
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",  # multicast: is_private says no, is_global yes
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",  # v4-compatible
    "::ffff:127.0.0.1",  # v4-mapped
    "::ffff:10.1.2.3",
    "64:ff9b::7f00:1",  # NAT64
    "64:ff9b::a00:1",
    "64:ff9b:1::7f00:1",  # NAT64, local use
    "64:ff9b:1:7f00:0:100:808:808",  # the same in another layout, a public address as a disguise
    "2002:7f00:1::",  # 6to4 of 127.0.0.1
    "2002:c0a8:101::1",
    "2001:0:808:808:0:0:80ff:fffe",  # Teredo: a public server, the client is 127.0.0.1
    "2001:0:7f00:1:0:0:f7f7:f7f7",  # Teredo: the server is 127.0.0.1
    "2001:db8::1",
    "3fff::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",  # site-local: is_global says yes
    "ff02::1",
    "100::1",
    "5f00::1",
    "127.1",  # only literal addresses come from a resolver
    "localhost",
    "",
]
PUBLIC = [
    "8.8.8.8",
    "1.1.1.1",
    "168.63.129.15",
    "168.63.129.17",
    "172.32.0.1",
    "100.128.0.1",
    "157.240.1.1",
    "2a03:2880::1",
    "2606:4700:4700::1111",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",  # a network with NAT64 reaches v4 providers so
    "2002:808:808::1",
]


@pytest.mark.parametrize("ip", REFUSED)
def test_what_is_not_public_is_refused(ip: str) -> None:
    assert not is_reachable(ip, 443, CLOSED)


@pytest.mark.parametrize("ip", PUBLIC)
def test_what_is_public_is_reached_on_the_web_ports_only(ip: str) -> None:
    assert is_reachable(ip, 443, CLOSED)
    assert is_reachable(ip, 80, CLOSED)
    assert not is_reachable(ip, 22, CLOSED)
    assert not is_reachable(ip, 8080, CLOSED)


@pytest.mark.parametrize("ip", [ip for ip in REFUSED if ip])
def test_one_opens_everything(ip: str) -> None:
    assert is_reachable(ip, 5432, AddressRules.parse("1"))


def test_a_list_opens_its_networks_and_nothing_else() -> None:
    rules = AddressRules.parse(" 10.0.0.0/8, 127.0.0.1/32 ,fd00::/8")
    assert is_reachable("10.9.8.7", 443, rules)
    assert is_reachable("127.0.0.1", 80, rules)
    assert is_reachable("fd00::5", 443, rules)
    assert is_reachable("::ffff:10.9.8.7", 443, rules), "the same address, wrapped"
    assert is_reachable("8.8.8.8", 443, rules)
    assert not is_reachable("127.0.0.2", 443, rules)
    assert not is_reachable("192.168.0.1", 443, rules)


def test_a_list_of_networks_does_not_open_ports() -> None:
    assert not is_reachable("10.9.8.7", 5432, AddressRules.parse("10.0.0.0/8"))
    assert is_reachable("10.9.8.7", 8443, AddressRules.parse("10.0.0.0/8", ports=frozenset({8443})))


def test_our_own_listeners_stay_closed_even_when_public() -> None:
    rules = AddressRules.parse("0", own_listeners=frozenset({("8.8.8.8", 443)}))
    assert not is_reachable("8.8.8.8", 443, rules)
    assert not is_reachable("::ffff:8.8.8.8", 443, rules)
    assert is_reachable("8.8.8.8", 80, rules)


@pytest.mark.parametrize("text", ["yes", "2", "10.0.0.0/8,1", "10.0.0.0/33", "example.com"])
def test_a_setting_that_says_nothing_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="does not appear to be"):
        AddressRules.parse(text)


@pytest.mark.parametrize("text", ["", "0", " "])
def test_nothing_said_opens_nothing(text: str) -> None:
    assert AddressRules.parse(text) == AddressRules()
