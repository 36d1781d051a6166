"""What the Graph double tells a webhook: echoes and receipts, signed, doubled and shuffled on request."""

from __future__ import annotations

import random
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tests.doubles.graph_events import (
    PAGE_ID,
    SECRET,
    delivery,
    echo,
    post_of,
    post_of_changes,
    read,
    signature,
    template_judged,
)

# "delivery" names the message, "delivery_by_watermark" does not.
KINDS = frozenset({"echo", "delivery", "delivery_by_watermark", "read"})


@dataclass
class Callbacks:
    """Posts to `url`. `auto` says what follows each accepted message; every post goes out `copies` times.

    With `shuffle` what is told waits for `flush`, which sends it in any order; else it goes out at once.
    """

    url: str
    secret: str = SECRET
    page_id: str = PAGE_ID
    auto: frozenset[str] = frozenset({"echo", "delivery"})
    copies: int = 1
    shuffle: bool = False
    seed: int = 1
    statuses: list[int] = field(default_factory=list)
    _waiting: list[dict[str, Any] | bytes] = field(default_factory=list)
    _posts: list[Future[None]] = field(default_factory=list)
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(4))

    def accepted(self, psid: str, mid: str, key: str, at: datetime) -> None:
        """A message was taken: tell what becomes of it."""
        events = {
            "echo": lambda: echo(psid, at, mid, key),
            "delivery": lambda: delivery(psid, at, mid),
            "delivery_by_watermark": lambda: delivery(psid, at),
            "read": lambda: read(psid, at),
        }
        self.tell(*(make() for name, make in events.items() if name in self.auto))

    def template_judged(self, name: str, language: str, status: str, at: datetime) -> None:
        """A template has another status now."""
        self.tell(template_judged(name, language, status, at))

    def tell(self, *events: dict[str, Any] | bytes) -> None:
        """Each event in a post of its own; bytes are such a post already."""
        self._waiting += [event for event in events for _ in range(self.copies)]
        if not self.shuffle:
            self.flush()

    def flush(self) -> None:
        """Send what waits, all at once."""
        waiting, self._waiting = self._waiting, []
        if self.shuffle:
            random.Random(self.seed).shuffle(waiting)
        self._posts += [self._pool.submit(self._post, self._written(event)) for event in waiting]

    def _written(self, event: dict[str, Any] | bytes) -> bytes:
        if isinstance(event, bytes):
            return event
        write = post_of_changes if "field" in event else post_of
        return write(event, page_id=self.page_id)

    def wait(self) -> list[int]:
        """The statuses of all posts so far, once they are all answered."""
        self.flush()
        for post in self._posts:
            post.result(60)
        return self.statuses

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    def _post(self, body: bytes) -> None:
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": signature(body, self.secret)}
        try:
            with urlopen(Request(self.url, body, headers), timeout=30) as answer:  # noqa: S310
                self.statuses.append(answer.status)
        except HTTPError as refused:
            self.statuses.append(refused.code)
            refused.close()
