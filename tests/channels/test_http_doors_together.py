"""The doors as one: what stays inside and what goes out come back together."""

from __future__ import annotations

import time

import pytest

from channels.content import Text
from channels.messages import Answer, HttpCall, LocalMessage
from channels.transports import Doors, HttpDoor, LocalDoor
from channels.transports.addresses import AddressRules
from tests.doubles.http_server import HttpServer, Reply


def local(key: str) -> LocalMessage:
    return LocalMessage(contact_id=1, channel_id=1, key=key, content=Text("hi"))


def test_local_messages_are_written_in_one_batch_and_wait_for_nothing_slow() -> None:
    batches: list[list[str]] = []

    def write(messages: list[LocalMessage]) -> list[str]:
        batches.append([message.key for message in messages])
        return [f"s{message.key}" for message in messages]

    server = HttpServer(lambda request: Reply(200, b"far", delay=3.0))
    server.start()
    doors = Doors(http=HttpDoor(allow=AddressRules.parse("1")), local=LocalDoor(write))
    doors.start("far", HttpCall("POST", f"http://127.0.0.1:{server.port}/", (), b"x"))
    doors.start("a", local("1"))
    doors.start("b", local("2"))
    assert doors.in_flight == 3
    began = time.monotonic()
    assert doors.poll(5.0) == [("a", Answer(200, body=b"s1")), ("b", Answer(200, body=b"s2"))]
    assert time.monotonic() - began < 2.5
    ((ticket, answer),) = doors.poll(5.0)
    assert ticket == "far"
    assert isinstance(answer, Answer)
    assert answer.body == b"far"
    assert (batches, doors.in_flight) == ([["1", "2"]], 0)
    doors.close()
    server.stop()


def test_a_batch_that_could_not_be_written_stays() -> None:
    attempts: list[int] = []

    def write(messages: list[LocalMessage]) -> list[str]:
        attempts.append(len(messages))
        if len(attempts) == 1:
            raise ConnectionError("no database")
        return ["s1"]

    door = LocalDoor(write)
    door.start("a", local("1"))
    with pytest.raises(ConnectionError):
        door.poll()
    assert door.in_flight == 1
    assert door.poll() == [("a", Answer(200, body=b"s1"))]
    assert attempts == [1, 1]
