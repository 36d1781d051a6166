"""What the doubles of providers share: they listen on loopback, fail on demand, remember, and call our webhook."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, Self

from tests.doubles.graph_faults import Fault, Faults
from tests.doubles.http_server import HttpServer, Reply, Request

# (address, body, headers) -> (status, body of the answer); how a provider's call reaches us.
Deliver = Callable[[str, bytes, Mapping[str, str]], tuple[int, bytes]]


class ProviderDouble(ABC):
    """`accepted` are the bodies of the messages that it took, `requests` all that was asked; both only grow."""

    def __init__(self, deliver: Deliver | None = None) -> None:
        self.faults = Faults()
        self.requests: list[Request] = []
        self.accepted: list[dict[str, Any]] = []
        self.deliver = deliver
        self._scripted: list[Reply] = []
        self.server = HttpServer(self.handle)

    @property
    def base_url(self) -> str:
        """What goes into a channel's settings.base_url."""
        return f"http://{self.server.host}:{self.server.port}"

    def __enter__(self) -> Self:
        self.server.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.server.stop()

    def fault(self, kind: str, **details: Any) -> None:
        """Fail from now on (tests/doubles/graph_faults.py); "refuse" closes the port."""
        if kind == "refuse":
            self.server.stop_listening()
        else:
            self.faults.add(Fault(kind, **details))

    def heal(self) -> None:
        self.faults.clear()
        self.server.listen()

    def will_answer(self, status: int, body: object, **headers: str) -> None:
        """The next request is answered so, whatever the rules say."""
        self._scripted.append(Reply(status, json.dumps(body).encode(), headers))

    @abstractmethod
    def answer(self, request: Request) -> Reply:
        """What the provider's rules say to a request."""

    def handle(self, request: Request) -> Reply:
        """What is answered to a request, by the rules or by a fault."""
        self.requests.append(request)
        if self._scripted:
            return self._scripted.pop(0)
        fault = self.faults.next_for("")
        if fault is not None and not fault.is_taken:
            return fault.reply_instead(Reply())
        reply = self.answer(request)
        return fault.reply_instead(reply) if fault else reply

    def call(self, url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        assert self.deliver is not None, "nobody said how calls reach the webhook"
        return self.deliver(url, body, headers)


def said(value: object, status: int = 200, **headers: str) -> Reply:
    return Reply(status, json.dumps(value).encode(), headers)
