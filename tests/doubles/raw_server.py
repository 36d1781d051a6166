"""A TCP server that runs a script of the test for every connection: for manners that no HTTP server has."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Self

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class RawServer:
    """`script(connection, number)` runs in a thread per connection; `bodies` holds what `read_body` saw."""

    def __init__(
        self, script: Callable[[RawServer, socket.socket, int], None], *, host: str = "127.0.0.1", port: int = 0
    ) -> None:
        self._script = script
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, port), family=family, backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://[{host}]:{self.port}/" if ":" in host else f"http://{host}:{self.port}/"
        self.bodies: list[bytes] = []
        self.heads: list[bytes] = []
        self.connections = 0

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        # shutdown first: close alone would not wake the thread that waits in accept
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._run, args=(connection, self.connections), daemon=True).start()

    def _run(self, connection: socket.socket, number: int) -> None:
        with connection, suppress(OSError):
            self._script(self, connection, number)

    def read_request(self, connection: socket.socket) -> bytes:
        """Read one whole request and remember its body; OSError when the other side is gone."""
        received = b""
        while b"\r\n\r\n" not in received:
            received += _some(connection)
        head, body = received.split(b"\r\n\r\n", 1)
        while len(body) < _length(head):
            body += _some(connection)
        self.heads.append(head)
        self.bodies.append(body)
        return body


def _some(connection: socket.socket) -> bytes:
    piece = connection.recv(65536)
    if not piece:
        raise ConnectionError("closed")
    return piece


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.split(b":")[1])
    return 0
