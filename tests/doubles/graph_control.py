"""The Graph double's own HTTP door, /_double/: for tests whose double is another process."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.doubles.graph_callbacks import Callbacks
from tests.doubles.http_server import Reply, Request

if TYPE_CHECKING:
    from tests.doubles.graph import GraphDouble

SWITCHES = frozenset({"takes_tags", "knows_everybody", "app_secret", "limited_for_minutes"})


class Control:
    """GET accepted, requests; POST people, profiles, templates, faults, heal, clock, settings (each a JSON object).

    POST callbacks {"url", "secret"?, "page_id"?, "auto"?, "copies"?, "shuffle"?} names the webhook, POST tell
    {"events": [...]} posts events to it, POST flush lets go what was kept to be shuffled.
    """

    def __init__(self, graph: GraphDouble) -> None:
        self._graph = graph

    def handle(self, request: Request) -> Reply:
        name = request.path.removeprefix("/_double/").strip("/")
        body: dict[str, Any] = json.loads(request.body or b"{}")
        match request.method, name:
            case "GET", "accepted":
                return _json([asdict(seen) for seen in self._graph.accepted])
            case "GET", "requests":
                return _json([asdict(seen) for seen in self._graph.requests])
            case "POST", "people":
                self._people(body)
            case "POST", "profiles":
                self._graph.rules.profiles.update(body)
            case "POST", "callbacks":
                self._graph.callbacks = Callbacks(**{**body, "auto": frozenset(body.get("auto", ("echo", "delivery")))})
            case "POST", "tell" if self._graph.callbacks is not None:
                self._graph.callbacks.tell(*body["events"])
            case "POST", "flush" if self._graph.callbacks is not None:
                self._graph.callbacks.flush()
            case "POST", "templates":
                self._graph.template(**body)
            case "POST", "faults":
                self._graph.fault(**body)  # not "refuse": a closed port could not be opened over HTTP
            case "POST", "heal":
                self._graph.faults.clear()
            case "POST", "clock":
                self._set_clock(body["now"])
            case "POST", "settings":
                self._set(body)
            case _:
                return _json({"unknown": name}, status=404)
        return _json({})

    def _people(self, body: dict[str, Any]) -> None:
        """{"<psid>": {"last_interaction_at"?, "is_blocked"?}, ...}"""
        for psid, person in body.items():
            wrote_at = person.get("last_interaction_at")
            at = datetime.fromisoformat(wrote_at) if wrote_at else None
            self._graph.person(psid, last_interaction_at=at, is_blocked=person.get("is_blocked", False))

    def _set_clock(self, now: str | None) -> None:
        moment = datetime.fromisoformat(now) if now else None
        self._graph.rules.clock = lambda: moment or datetime.now(UTC)

    def _set(self, body: dict[str, Any]) -> None:
        for name in SWITCHES & body.keys():
            setattr(self._graph.rules, name, body[name])
        self._graph.latency = float(body.get("latency", self._graph.latency))
        self._graph.rules.tokens |= set(body.get("tokens", ()))
        self._graph.rules.expired_tokens |= set(body.get("expired_tokens", ()))


def _json(value: object, status: int = 200) -> Reply:
    return Reply(status, json.dumps(value).encode())
