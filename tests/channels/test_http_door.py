"""How the HTTP door carries calls: as they were built, many at once, over connections that are used again."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from channels.messages import Answer, DoorResult
from channels.transports import HttpDoor
from tests.channels.through_the_door import OPEN, answer_everything, ask, post
from tests.doubles.http_server import HttpServer, Reply, Request
from tests.doubles.raw_server import OK, RawServer


@pytest.fixture
def door() -> Iterator[HttpDoor]:
    door = HttpDoor(allow=OPEN, timeout=5.0, connect_timeout=2.0)
    yield door
    door.close()


def test_a_call_arrives_as_it_was_built(door: HttpDoor) -> None:
    seen: list[Request] = []

    def handle(request: Request) -> Reply:
        seen.append(request)
        return Reply(201, b"created", {"X-Word": "yes"})

    server = HttpServer(handle)
    server.start()
    result = ask(door, post(f"http://127.0.0.1:{server.port}/a/b?c=d", b"x" * 200_000))
    server.stop()
    assert isinstance(result, Answer)
    assert (result.status, result.body, result.headers["x-word"]) == (201, b"created", "yes")
    (request,) = seen
    assert (request.method, request.path, request.query) == ("POST", "/a/b", {"c": "d"})
    assert request.body == b"x" * 200_000
    assert request.headers["x-key"] == "7.1"
    assert "expect" not in request.headers
    assert "accept-encoding" not in request.headers, "a small answer could unpack to a large one"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("body", [b"", b"something"])
def test_every_method_arrives_and_leaves_no_trace_on_the_line(door: HttpDoor, method: str, body: bytes) -> None:
    seen: list[tuple[str, bytes]] = []

    def handle(request: Request) -> Reply:
        seen.append((request.method, request.body))
        return Reply(200, b"ok")

    server = HttpServer(handle)
    server.start()
    url = f"http://127.0.0.1:{server.port}/"
    for call in (post(url, body, method), post(url, b"after"), post(url, b"", "GET")):
        assert isinstance(ask(door, call), Answer)
    server.stop()
    assert seen == [(method, body), ("POST", b"after"), ("GET", b"")]


def test_a_connection_is_used_again(door: HttpDoor) -> None:
    with RawServer(answer_everything) as server:
        for _ in range(5):
            assert isinstance(ask(door, post(server.url)), Answer)
        assert server.connections == 1
        assert server.bodies == [b"hello"] * 5


def test_a_redirect_is_an_answer_and_is_not_followed(door: HttpDoor) -> None:
    asked: list[str] = []

    def redirect(request: Request) -> Reply:
        asked.append(request.path)
        return Reply(302, b"", {"Location": "/elsewhere"})

    server = HttpServer(redirect)
    server.start()
    result = ask(door, post(f"http://127.0.0.1:{server.port}/here"))
    server.stop()
    assert isinstance(result, Answer)
    assert result.status == 302
    assert asked == ["/here"]


def test_a_huge_answer_is_cut_at_one_megabyte(door: HttpDoor) -> None:
    def stream(server: RawServer, connection: socket.socket, number: int) -> None:
        server.read_request(connection)
        length = b"Content-Length: 3000000\r\n" if number == 1 else b""
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + length + b"\r\n")
        while True:  # until the door hangs up
            connection.sendall(b"x" * 10_000)

    with RawServer(stream) as server:
        for _ in range(2):  # announced, then unannounced
            result = ask(door, post(server.url))
            assert isinstance(result, Answer)
            assert result.status == 200
            assert len(result.body) <= 1_000_000


def test_the_environment_names_no_proxy_for_us(door: HttpDoor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1/")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1/")
    with RawServer(answer_everything) as server:
        assert isinstance(ask(door, post(server.url)), Answer)


def test_three_hundred_slow_requests_at_once(door: HttpDoor) -> None:
    server = HttpServer(lambda request: Reply(200, request.body, delay=1.0))
    server.start()
    began = time.monotonic()
    for number in range(300):
        door.start(number, post(f"http://127.0.0.1:{server.port}/", json.dumps(number).encode()))
    assert door.in_flight == 300
    results: dict[object, DoorResult] = {}
    while door.in_flight:
        results.update(door.poll(1.0))
    took = time.monotonic() - began
    server.stop()
    assert took < 4, "in parallel, not one after the other"
    assert {number: json.loads(result.body) for number, result in results.items() if isinstance(result, Answer)} == {
        number: number for number in range(300)
    }


def test_calls_beyond_the_limit_wait_for_a_free_line() -> None:
    door = HttpDoor(allow=OPEN, max_in_flight=3)
    with RawServer(answer_everything) as server:
        for number in range(20):
            door.start(number, post(server.url))
        results: dict[object, DoorResult] = {}
        while door.in_flight:
            results.update(door.poll(1.0))
        assert server.connections <= 3
    door.close()
    assert sorted(str(number) for number in results) == sorted(str(number) for number in range(20))
    assert all(isinstance(result, Answer) for result in results.values())


def test_poll_waits_no_longer_than_it_was_told(door: HttpDoor) -> None:
    assert door.poll(5.0) == [], "nothing in flight, nothing to wait for"
    server = HttpServer(lambda request: Reply(200, delay=3.0))
    server.start()
    door.start("slow", post(f"http://127.0.0.1:{server.port}/"))
    began = time.monotonic()
    assert door.poll(0.1) == []
    assert time.monotonic() - began < 2.5
    server.stop()


def test_the_door_leaks_no_file_descriptors() -> None:
    def answer_one(server: RawServer, connection: socket.socket, number: int) -> None:
        server.read_request(connection)
        connection.sendall(OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))

    before = len(list(Path("/dev/fd").iterdir()))
    with RawServer(answer_one) as server:
        door = HttpDoor(allow=OPEN)
        for _ in range(50):
            assert isinstance(ask(door, post(server.url)), Answer)
        door.close()
    time.sleep(0.1)
    assert len(list(Path("/dev/fd").iterdir())) <= before + 2
