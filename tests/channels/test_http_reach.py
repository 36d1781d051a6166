"""Where the HTTP door does not go, checked on the address that is really connected to."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from channels.messages import Answer, HttpCall, Unreached
from channels.transports import HttpDoor
from channels.transports.addresses import AddressRules
from tests.channels.through_the_door import OPEN, answer_everything, ask, post
from tests.doubles.raw_server import RawServer


@pytest.fixture
def door() -> Iterator[HttpDoor]:
    door = HttpDoor(allow=OPEN, timeout=5.0, connect_timeout=2.0)
    yield door
    door.close()


@pytest.mark.parametrize(
    "call",
    [
        post("http://127.0.0.1/\r\nX-Evil: 1"),
        HttpCall("POST", "http://127.0.0.1/", (("X-Key", "a\r\nX-Evil: 1"),), b"x"),
        HttpCall("POST", "http://127.0.0.1/", (("X\n", "a"),), b"x"),
        post("http://127.0.0.1/\x00"),
        post("file:///etc/passwd"),
        post("gopher://127.0.0.1:70/"),
        post("http://"),
        post(""),
    ],
    ids=lambda call: repr(call.url),
)
def test_what_is_no_web_address_never_leaves(door: HttpDoor, call: HttpCall) -> None:
    result = ask(door, call)
    assert isinstance(result, Unreached)
    assert result.is_forbidden


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "127.1",
        "2130706433",
        "0177.0.0.1",
        "0x7f.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0",
        "①②⑦.⓪.⓪.①",
    ],
)
def test_every_spelling_of_loopback_is_refused_before_a_connection(host: str) -> None:
    door = HttpDoor(allow=AddressRules(ports=frozenset(range(65536))), connect_timeout=2.0)

    def never(server: RawServer, connection: socket.socket, number: int) -> None:
        raise AssertionError("connected")

    with RawServer(never) as server:
        result = ask(door, post(f"http://{host}:{server.port}/"))
        assert server.connections == 0
    door.close()
    assert isinstance(result, Unreached)
    assert result.is_forbidden or "curl error 6" in result.why, "refused, or no name for this resolver"


def test_an_allowed_network_is_reached_and_its_neighbour_is_not() -> None:
    with RawServer(answer_everything) as server:
        rules = AddressRules.parse("127.0.0.1/32", ports=frozenset({server.port}))
        door = HttpDoor(allow=rules)
        assert isinstance(ask(door, post(server.url)), Answer)
        forbidden = ask(door, post(server.url.replace("127.0.0.1", "127.0.0.2")))
        door.close()
    assert isinstance(forbidden, Unreached)
    assert forbidden.is_forbidden


def test_ipv6_goes_the_same_way(door: HttpDoor) -> None:
    with RawServer(answer_everything, host="::1") as server:
        assert isinstance(ask(door, post(server.url)), Answer)
