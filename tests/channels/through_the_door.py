"""How the tests send one call through the HTTP door."""

from __future__ import annotations

import socket
import time

from channels.messages import DoorResult, HttpCall
from channels.transports import HttpDoor
from channels.transports.addresses import AddressRules
from tests.doubles.raw_server import OK, RawServer

OPEN = AddressRules.parse("1")


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
