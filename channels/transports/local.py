"""The door of messages that stay inside the product: written in one batch per poll."""

from __future__ import annotations

from collections.abc import Callable

from channels.messages import Answer, DoorResult, LocalMessage

Write = Callable[[list[LocalMessage]], list[str]]


class LocalDoor:
    """Collects messages and hands them to `write`, which returns one message id each, in their order.

    If `write` raises, the error goes up and the batch stays for the next poll: it must be idempotent by key.
    """

    def __init__(self, write: Write) -> None:
        self._write = write
        self._batch: list[tuple[object, LocalMessage]] = []

    @property
    def in_flight(self) -> int:
        return len(self._batch)

    def start(self, ticket: object, message: LocalMessage) -> None:
        self._batch.append((ticket, message))

    def poll(self, timeout: float = 0.0) -> list[tuple[object, DoorResult]]:
        """Write what was collected; never waits."""
        if not self._batch:
            return []
        ids = self._write([message for _, message in self._batch])
        finished: list[tuple[object, DoorResult]] = [
            (ticket, Answer(200, body=message_id.encode()))
            for (ticket, _), message_id in zip(self._batch, ids, strict=True)
        ]
        self._batch = []
        return finished

    def close(self) -> None:
        self._batch = []
