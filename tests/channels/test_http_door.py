"""The HTTP door against servers with good and bad manners."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from channels.messages import Answer, DoorResult, HttpCall, Lost, Unreached
from channels.transports import HttpDoor
from channels.transports.addresses import AddressRules
from tests.doubles.http_server import HttpServer, Reply, Request
from tests.doubles.raw_server import OK, RawServer

OPEN = AddressRules.parse("1")


@pytest.fixture
def door() -> Iterator[HttpDoor]:
    door = HttpDoor(allow=OPEN, timeout=5.0, connect_timeout=2.0)
    yield door
    door.close()


def post(url: str, body: bytes = b"hello", method: str = "POST") -> HttpCall:
    return HttpCall(method, url, (("X-Key", "7.1"),), body)


def ask(door: HttpDoor, call: HttpCall) -> DoorResult:
    door.start("only", call)
    until = time.monotonic() + 10
    while time.monotonic() < until:
        for ticket, result in door.poll(1.0):
            assert ticket == "only"
            assert door.in_flight == 0
            return result
    raise AssertionError("nothing came back")


def answer_everything(server: RawServer, connection: socket.socket, number: int) -> None:
    while server.read_request(connection):
        connection.sendall(OK)


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


def test_a_message_cut_after_its_body_was_read_is_never_sent_again(door: HttpDoor) -> None:
    """The trap: on a reused connection libcurl would repeat the POST by itself and report one success."""

    def cut_the_second(server: RawServer, connection: socket.socket, number: int) -> None:
        server.read_request(connection)
        connection.sendall(OK)
        server.read_request(connection)

    with RawServer(cut_the_second) as server:
        assert isinstance(ask(door, post(server.url, b"one")), Answer)
        assert isinstance(ask(door, post(server.url, b"two")), Lost)
        assert server.bodies == [b"one", b"two"]
        assert server.connections == 1
        assert isinstance(ask(door, post(server.url, b"three")), Answer), "the line works again"


def test_a_connection_that_the_provider_closed_while_idle_is_replaced(door: HttpDoor) -> None:
    def answer_one(server: RawServer, connection: socket.socket, number: int) -> None:
        server.read_request(connection)
        connection.sendall(OK)

    with RawServer(answer_one) as server:
        for _ in range(3):
            assert isinstance(ask(door, post(server.url)), Answer)
            time.sleep(0.05)  # the end of the connection arrives before the next call
        assert len(server.bodies) == 3


def test_a_write_without_a_body_is_not_repeated_either(door: HttpDoor) -> None:
    def cut_the_second(server: RawServer, connection: socket.socket, number: int) -> None:
        server.read_request(connection)
        if number == 1:
            connection.sendall(OK)
            server.read_request(connection)

    with RawServer(cut_the_second) as server:
        assert isinstance(ask(door, post(server.url)), Answer)
        assert isinstance(ask(door, post(server.url, b"", "DELETE")), Lost)
        assert len([head for head in server.heads if head.startswith(b"DELETE")]) == 1


def test_an_empty_answer_after_the_request_is_lost(door: HttpDoor) -> None:
    with RawServer(lambda server, connection, number: server.read_request(connection) and None) as server:
        assert isinstance(ask(door, post(server.url)), Lost)
        assert server.bodies == [b"hello"]


def test_an_answer_that_breaks_off_is_lost(door: HttpDoor) -> None:
    def break_off(server: RawServer, connection: socket.socket, number: int) -> None:
        server.read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")

    with RawServer(break_off) as server:
        assert isinstance(ask(door, post(server.url)), Lost)


def test_garbage_instead_of_http_is_lost(door: HttpDoor) -> None:
    def babble(server: RawServer, connection: socket.socket, number: int) -> None:
        server.read_request(connection)
        connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")

    with RawServer(babble) as server:
        assert isinstance(ask(door, post(server.url)), Lost)


def test_a_slow_provider_is_lost_at_the_timeout() -> None:
    def sleep(server: RawServer, connection: socket.socket, number: int) -> None:
        server.read_request(connection)
        time.sleep(3)

    door = HttpDoor(allow=OPEN, timeout=0.3)
    with RawServer(sleep) as server:
        began = time.monotonic()
        assert isinstance(ask(door, post(server.url)), Lost)
        assert time.monotonic() - began < 1.5
    door.close()


def test_a_closed_port_is_refused_and_nothing_left(door: HttpDoor) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    result = ask(door, post(f"http://127.0.0.1:{port}/"))
    assert isinstance(result, Unreached)
    assert result.is_refused
    assert not result.is_forbidden


def test_a_connection_that_is_never_taken_up_is_unreached() -> None:
    door = HttpDoor(allow=OPEN, timeout=5.0, connect_timeout=0.3)
    listener = socket.create_server(("127.0.0.1", 0), backlog=0)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    fillers = [socket.socket() for _ in range(4)]
    for filler in fillers:  # fill the queue of connections that nobody accepts
        filler.setblocking(False)
        filler.connect_ex(listener.getsockname())
    result = ask(door, post(url))
    for one in (*fillers, listener):
        one.close()
    door.close()
    assert isinstance(result, Unreached)
    assert not result.is_refused


def test_a_name_that_does_not_exist_is_unreached(door: HttpDoor) -> None:
    result = ask(door, post("http://nowhere.invalid/"))
    assert isinstance(result, Unreached)
    assert not result.is_refused
    assert not result.is_forbidden


def test_a_server_without_tls_is_unreached_over_https(door: HttpDoor) -> None:
    def hang_up(server: RawServer, connection: socket.socket, number: int) -> None:
        connection.recv(100)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with RawServer(hang_up) as server:
        assert isinstance(ask(door, post(server.url.replace("http:", "https:"))), Unreached)


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
        for _ in range(300):
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
    server = HttpServer(lambda request: Reply(200, delay=1.0))
    server.start()
    door.start("slow", post(f"http://127.0.0.1:{server.port}/"))
    began = time.monotonic()
    assert door.poll(0.1) == []
    assert time.monotonic() - began < 0.5
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
