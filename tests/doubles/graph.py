"""A Graph API on loopback that keeps the rules of Messenger and WhatsApp, fails on demand and remembers everything.

In a test: `with GraphDouble() as graph: graph.person("ann", last_interaction_at=now)`. As a process of its own:
`python -m tests.doubles.graph --port 8099 --latency 0.3 --record sent.jsonl`, steered over HTTP under /_double/.
"""

from __future__ import annotations

import argparse
import itertools
import json
import signal
import threading
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self, TextIO

from tests.doubles.graph_callbacks import Callbacks
from tests.doubles.graph_control import Control
from tests.doubles.graph_dialects import Dialect, Messenger
from tests.doubles.graph_faults import Fault, Faults
from tests.doubles.graph_rules import USAGE, GraphRules, Person, Refusal
from tests.doubles.graph_subscriptions import Subscriptions
from tests.doubles.graph_whatsapp import WhatsApp
from tests.doubles.http_server import HttpServer, Reply, Request


@dataclass(frozen=True, slots=True)
class Seen:
    """One request for one message: `outcome` is "accepted", "lost" (a fault took its place) or Meta's code."""

    at: str
    recipient: str
    key: str
    outcome: str
    body: dict[str, Any]


class GraphDouble:
    """The provider; `rules` may be changed at any time, `accepted` and `requests` only grow."""

    def __init__(self, *, port: int = 0, latency: float = 0.0, record: Path | None = None) -> None:
        self.rules = GraphRules()
        self.messenger: Dialect = Messenger()
        self.whatsapp = WhatsApp()
        self.faults = Faults()
        self.subscriptions = Subscriptions()
        self.callbacks: Callbacks | None = None
        self.latency = latency
        self.requests: list[Seen] = []
        self.questions: list[str] = []
        self.actions: list[tuple[str, str]] = []  # typing_on and the like; no message
        self._ids = itertools.count(1)
        self._record_path = record
        self._record: TextIO | None = None
        self._control = Control(self)
        self.server = HttpServer(self.handle, port=port)

    @property
    def base_url(self) -> str:
        """What goes into a channel's settings.base_url."""
        return f"http://{self.server.host}:{self.server.port}"

    @property
    def accepted(self) -> list[Seen]:
        """Every message that the provider took, in order, doubles included."""
        return [seen for seen in self.requests if seen.outcome == "accepted"]

    def start(self) -> Self:
        if self._record_path is not None:
            self._record = self._record_path.open("a", encoding="utf-8", buffering=1)
        self.server.start()
        return self

    def stop(self) -> None:
        self.server.stop()
        if self.callbacks is not None:
            self.callbacks.close()
        if self._record is not None:
            self._record.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.stop()

    def person(self, psid: str, *, last_interaction_at: datetime | None = None, is_blocked: bool = False) -> Person:
        """Make somebody known; without an interaction their window is closed."""
        self.rules.people[psid] = Person(last_interaction_at, is_blocked)
        return self.rules.people[psid]

    def template(self, name: str, language: str = "en", status: str = "APPROVED", **more: Any) -> None:
        """Keep a template, with `body`, `header` or `buttons` where its words matter; a new status is told."""
        is_news = self.rules.templates.keep(name, language, status, **more)
        if is_news and self.callbacks is not None:
            self.callbacks.template_judged(name, language, status, self.rules.clock())

    def fault(self, kind: str, **details: Any) -> None:
        """Fail from now on: "refuse" closes the port, the other kinds are Fault's."""
        if kind == "refuse":
            self.server.stop_listening()
        else:
            self.faults.add(Fault(kind, **details))

    def heal(self) -> None:
        """No more faults; a closed port opens again."""
        self.faults.clear()
        self.server.listen()

    def handle(self, request: Request) -> Reply:
        """What is answered to a request, by the rules or by a fault."""
        if request.path.startswith("/_double/"):
            return self._control.handle(request)
        if request.method == "GET":
            return self._tell(request)
        if request.method == "POST" and request.path.endswith("/subscribed_apps"):
            return self._subscribe(request)
        if request.method != "POST" or not request.path.endswith("/messages"):
            return Reply(404, b'{"error": {"message": "Unknown path", "type": "GraphMethodException", "code": 2500}}')
        return self._take(request)

    def _tell(self, request: Request) -> Reply:
        """A question about a person or the Page."""
        self.questions.append(request.path)
        try:
            bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
            query = {**request.query, "access_token": bearer} if bearer else request.query
            found = self.rules.answer(query, request.path.rpartition("/")[2])
        except Refusal as refusal:
            return Reply(refusal.status, json.dumps({"error": refusal.error}).encode(), delay=self.latency)
        return Reply(200, json.dumps(found).encode(), delay=self.latency)

    def _subscribe(self, request: Request) -> Reply:
        try:
            found = self.subscriptions.take(self.rules, request)
        except Refusal as refusal:
            return Reply(refusal.status, json.dumps({"error": refusal.error}).encode(), delay=self.latency)
        return Reply(200, json.dumps(found).encode(), delay=self.latency)

    def _take(self, request: Request) -> Reply:
        try:
            payload = json.loads(request.body)
        except ValueError:
            payload = {}
        recipient = self._dialect(payload).recipient(payload)
        if "sender_action" in payload:
            self.actions.append((recipient, payload["sender_action"]))
            return Reply(200, json.dumps({"recipient_id": recipient}).encode(), delay=self.latency)
        fault = self.faults.next_for(recipient)
        if fault is not None and not fault.is_taken:
            self._remember(payload, recipient, "lost")
            return fault.reply_instead(Reply(delay=self.latency))
        reply = self._judge(request, payload, recipient)
        return fault.reply_instead(reply) if fault else reply

    def _judge(self, request: Request, payload: dict[str, Any], recipient: str) -> Reply:
        try:
            late = self._dialect(payload).check(self.rules, request, payload)
        except Refusal as refusal:
            self._remember(payload, recipient, str(refusal))
            body = json.dumps({"error": refusal.error}).encode()
            return Reply(refusal.status, body, _usage_headers(refusal), self.latency)
        self._remember(payload, recipient, "accepted")
        dialect = self._dialect(payload)
        message_id = f"{dialect.prefix}{next(self._ids)}"
        if self.callbacks is not None:
            dialect.tell(self.callbacks, recipient, message_id, dialect.key(payload), self.rules.clock(), late)
        body = json.dumps(dialect.taken(recipient, message_id, payload)).encode()
        used = self.rules.used_percent
        headers = {} if used is None else {"X-App-Usage": json.dumps({"call_count": used, "total_time": 3})}
        return Reply(200, body, headers, self.latency)

    def _dialect(self, payload: dict[str, Any]) -> Dialect:
        return self.whatsapp if "messaging_product" in payload else self.messenger

    def _remember(self, payload: dict[str, Any], recipient: str, outcome: str) -> None:
        key = self._dialect(payload).key(payload)
        seen = Seen(datetime.now(UTC).isoformat(), recipient, key, outcome, payload)
        self.requests.append(seen)
        if self._record is not None:
            self._record.write(json.dumps(asdict(seen)) + "\n")


def _usage_headers(refusal: Refusal) -> dict[str, str]:
    if not refusal.wait_minutes:
        return {}
    business = {"1": [{**USAGE, "estimated_time_to_regain_access": refusal.wait_minutes}]}
    app = {"call_count": 104, "total_cputime": 25, "total_time": 100}
    return {"X-App-Usage": json.dumps(app), "X-Business-Use-Case-Usage": json.dumps(business)}


def read_record(path: Path) -> list[Seen]:
    """What a double with `record` wrote so far; a last line cut by a kill is left out."""
    lines = path.read_text(encoding="utf-8").split("\n")[:-1]
    return [Seen(**json.loads(line)) for line in lines]


def main() -> None:
    parser = argparse.ArgumentParser(description="A Graph API on loopback")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before every answer")
    parser.add_argument("--record", type=Path, help="append every request to this file, one JSON object a line")
    parser.add_argument("--knows-everybody", action="store_true", help="an unknown id wrote just now")
    options = parser.parse_args()
    graph = GraphDouble(port=options.port, latency=options.latency, record=options.record)
    graph.rules.knows_everybody = options.knows_everybody
    stopped = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stopped.set())
    with graph:
        print(graph.base_url, flush=True)  # noqa: T201 - whoever started the process reads the address here
        stopped.wait()


if __name__ == "__main__":
    main()
