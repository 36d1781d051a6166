"""A provider inside this very process: it takes a message the moment its request leaves, and writes down each one.

For tests that die and go on hundreds of times: deterministic, and it outlives whoever talked to it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from channels.messages import Answer, DoorResult, HttpCall
from channels.sandbox import show_messages
from channels.transports import Doors, HttpDoor, LocalDoor
from tests.engine import Clock


@dataclass(frozen=True, slots=True)
class Taken:
    """A message the provider accepted, by the key it carried ("delivery.part")."""

    key: str
    address: str
    at: datetime | None = None

    @property
    def delivery_id(self) -> int:
        return int(self.key.split(".")[0])

    @property
    def part(self) -> int:
        return int(self.key.split(".")[1])


Behaviour = Callable[["Sink", Taken], DoorResult]


def accepts(sink: Sink, taken: Taken) -> DoorResult:
    """Takes it and says so."""
    sink.taken.append(taken)
    return ok(taken)


def ok(taken: Taken) -> Answer:
    return Answer(200, body=json.dumps({"recipient_id": taken.address, "message_id": f"m_{taken.key}"}).encode())


class Sink:
    """`taken` in the order in which it came; `behave` may be replaced by something less honest."""

    def __init__(self, behave: Behaviour = accepts) -> None:
        self.taken: list[Taken] = []
        self.behave = behave
        self.clock: Clock | None = None

    def doors(self, clock: Clock) -> Doors:
        """New doors to it, as a new process opens them."""
        self.clock = clock
        local = LocalDoor(lambda batch: show_messages(batch, now=clock()))
        return Doors(http=cast(HttpDoor, SinkDoor(self)), local=local)


class SinkDoor:
    """What the dispatcher asks of an HTTP door. Answers that were not fetched die with it."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._answers: list[tuple[object, DoorResult]] = []

    @property
    def in_flight(self) -> int:
        return len(self._answers)

    def start(self, ticket: object, call: HttpCall) -> None:
        body = json.loads(call.body)
        if "message" not in body:  # that somebody is writing: nothing is shown that stays
            self._answers.append((ticket, Answer(200, body=b"{}")))
            return
        at = self._sink.clock() if self._sink.clock else None
        taken = Taken(body["message"]["metadata"], body["recipient"]["id"], at)
        self._answers.append((ticket, self._sink.behave(self._sink, taken)))

    def poll(self, timeout: float) -> list[tuple[object, DoorResult]]:
        answers, self._answers = self._answers, []
        return answers

    def close(self) -> None:
        self._answers = []
