"""What the HTTP door makes of lines that break: surely not sent, or in doubt; never sent twice."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from channels.messages import Answer, Lost, Unreached
from channels.transports import HttpDoor
from tests.channels.through_the_door import OPEN, ask, post
from tests.doubles.raw_server import OK, RawServer


@pytest.fixture
def door() -> Iterator[HttpDoor]:
    door = HttpDoor(allow=OPEN, timeout=5.0, connect_timeout=2.0)
    yield door
    door.close()


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
    def hang_up(server: RawServer, connection: socket.socket, number: int) -> None:
        server.read_request(connection)

    with RawServer(hang_up) as server:
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
        time.sleep(6)

    door = HttpDoor(allow=OPEN, timeout=0.3)
    with RawServer(sleep) as server:
        began = time.monotonic()
        assert isinstance(ask(door, post(server.url)), Lost)
        assert time.monotonic() - began < 5
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


def test_a_certificate_that_nobody_vouches_for_is_unreached(door: HttpDoor, tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path / "own.pem"))

    def speak_tls(server: RawServer, connection: socket.socket, number: int) -> None:
        with context.wrap_socket(connection, server_side=True) as encrypted:
            server.read_request(encrypted)
            encrypted.sendall(OK)

    with RawServer(speak_tls) as server:
        result = ask(door, post(f"https://localhost:{server.port}/"))
        assert isinstance(result, Unreached)
        assert not result.is_forbidden
        assert server.bodies == []


def self_signed(path: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    today = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(secret + certificate.public_bytes(pem))
    return path
