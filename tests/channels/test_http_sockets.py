"""Between two requests libcurl forgets a connection and asks for it anew; the kernel need not hear of that."""

from __future__ import annotations

import select
import socket
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from channels.messages import Answer
from channels.transports import HttpDoor
from tests.channels.through_the_door import OPEN, answer_everything, ask, post
from tests.doubles.raw_server import OK, RawServer

pytestmark = pytest.mark.skipif(not hasattr(select, "epoll"), reason="there is no epoll on this system")


class CountingEpoll:
    """A real one that counts what it is asked for."""

    def __init__(self, real: Any) -> None:
        self.real, self.asked = real, Counter[str]()

    def __getattr__(self, name: str) -> Any:
        self.asked[name] += 1
        return getattr(self.real, name)


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> CountingEpoll:
    epoll = CountingEpoll(select.epoll())
    monkeypatch.setattr(select, "epoll", lambda: epoll)
    return epoll


@pytest.fixture
def door(kernel: CountingEpoll) -> Iterator[HttpDoor]:
    door = HttpDoor(allow=OPEN, timeout=60.0, connect_timeout=2.0)
    yield door
    door.close()


def answer_and_leave(server: RawServer, connection: socket.socket, number: int) -> None:
    """Both in one packet: whoever hears the answer has the end of the connection too, however busy the machine is."""
    server.read_request(connection)
    connection.sendall(OK, socket.MSG_MORE)
    connection.shutdown(socket.SHUT_WR)


def answer_late(server: RawServer, connection: socket.socket, number: int) -> None:
    server.read_request(connection)
    time.sleep(0.5)
    connection.sendall(OK)


def never_answer(server: RawServer, connection: socket.socket, number: int) -> None:
    server.read_request(connection)
    server.read_request(connection)


def test_a_connection_that_is_used_again_is_told_once(door: HttpDoor, kernel: CountingEpoll) -> None:
    with RawServer(answer_everything) as server, RawServer(never_answer) as silent:
        door.start("silent", post(silent.url))
        for number in range(20):
            door.start(number, post(server.url))
            while number not in dict(door.poll(1.0)):
                pass
        assert server.connections == 1
        assert door.in_flight == 1
    # One of libcurl's own, and two connections, which are first to connect and then to hear: 20 more of each would cost
    # as much as the requests.
    assert (kernel.asked["register"], kernel.asked["modify"], kernel.asked["unregister"]) == (3, 2, 0)


def test_an_end_between_two_requests_keeps_nobody_busy(door: HttpDoor, kernel: CountingEpoll) -> None:
    with RawServer(answer_and_leave) as leaving, RawServer(answer_late) as late:
        assert isinstance(ask(door, post(leaving.url)), Answer)
        before = kernel.asked["poll"]
        assert isinstance(ask(door, post(late.url)), Answer)
        assert kernel.asked["poll"] - before < 20
        assert kernel.asked["unregister"] == 1


def test_a_number_that_comes_back_as_another_socket_is_listened_to(door: HttpDoor, kernel: CountingEpoll) -> None:
    """What libcurl closes gives its number to the next one, be it a connection or what finds the name's address."""
    began = time.monotonic()
    with RawServer(answer_and_leave) as leaving, RawServer(answer_everything) as staying:
        for name in ("127.0.0.1", "localhost") * 10:
            for server in (leaving, staying):
                assert isinstance(ask(door, post(server.url.replace("127.0.0.1", name))), Answer)
        assert leaving.connections == 20
    # Whoever is not listened to is found only when a timer of libcurl runs out.
    assert time.monotonic() - began < 40 * 0.5
