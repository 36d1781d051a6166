"""Meta's three kinds in somebody's hands: everybody who is written to is known, and receipts follow."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from tests.doubles import graph_events, instagram_events, whatsapp_events
from tests.doubles.graph import GraphDouble
from tests.doubles.graph_callbacks import Callbacks
from tests.doubles.graph_instagram import Instagram
from tests.doubles.hands import Hand, now
from tests.doubles.http_server import HttpServer, Reply, Request
from tests.doubles.provider import said


class GraphHand(Hand):
    """Where the app's address is typed in Meta's dashboard: here by /_double/webhook."""

    is_registered = False
    receipts: ClassVar[frozenset[str]] = frozenset()

    def make_server(self) -> HttpServer:
        self.graph = GraphDouble()
        self.graph.rules.knows_everybody = True
        return self.graph.server

    def handle(self, request: Request) -> Reply:
        if (request.method, request.path.rstrip("/")) == ("POST", "/_double/templates"):
            self.graph.template(**json.loads(request.body))
            return said({})
        return super().handle(request)

    def answer(self, request: Request) -> Reply:
        before = len(self.graph.accepted)
        self._hear_of_address()
        reply = self.graph.handle(request)
        for sent in self.graph.accepted[before:]:
            self.show(json.dumps(sent.body, ensure_ascii=False))
        return reply

    def accepted(self) -> list[Any]:
        return [sent.body for sent in self.graph.accepted]

    def _hear_of_address(self) -> None:
        if self.webhook and self.graph.callbacks is None:
            self.graph.callbacks = Callbacks(self.webhook, auto=self.receipts)

    def _post(self, body: bytes) -> int:
        self._hear_of_address()
        signed = {"X-Hub-Signature-256": graph_events.signature(body), "Content-Type": "application/json"}
        return self.deliver(self.webhook, body, signed)[0]


class MessengerHand(GraphHand):
    """Nobody leaves: Meta tells of no block."""

    kind, person, credentials = "messenger", "ann", graph_events.CREDENTIALS
    can_leave = False
    receipts = frozenset({"echo", "delivery", "read"})

    def says(self, person: str, text: str) -> int:
        event = graph_events.message(person, now(), text, mid=f"m_in_{next(self.numbers)}_{now().timestamp()}")
        return self._post(graph_events.post_of(event))


class InstagramHand(GraphHand):
    kind, person, credentials = "instagram", "ann", instagram_events.CREDENTIALS
    settings: ClassVar = {"login": "page"}
    can_leave = False
    receipts = frozenset({"read"})

    def make_server(self) -> HttpServer:
        server = super().make_server()
        self.graph.messenger = Instagram()
        return server

    def answer(self, request: Request) -> Reply:
        if request.method == "GET" and "instagram_business_account" in request.query.get("fields", ""):
            account = {"id": instagram_events.ACCOUNT_ID, "username": "the.shop"}
            return said({"id": graph_events.PAGE_ID, "instagram_business_account": account})
        return super().answer(request)

    def says(self, person: str, text: str) -> int:
        event = graph_events.message(person, now(), text, mid=f"m_in_{next(self.numbers)}_{now().timestamp()}")
        return self._post(instagram_events.post_of(event))


class WhatsAppHand(GraphHand):
    """The account's own address comes with Register webhook."""

    kind, person, credentials = "whatsapp", "33612345678", whatsapp_events.CREDENTIALS
    is_registered = True
    receipts = frozenset({"delivery", "read"})

    def make_server(self) -> HttpServer:
        server = super().make_server()
        name, number = "The Shop", "+1 555-078-3881"
        self.graph.rules.page = {
            "id": whatsapp_events.NUMBER_ID,
            "verified_name": name,
            "display_phone_number": number,
        }
        return server

    def answer(self, request: Request) -> Reply:
        reply = super().answer(request)
        for wish in self.graph.subscriptions.asked.values():
            self.webhook = wish["override_callback_uri"]
        return reply

    def says(self, person: str, text: str) -> int:
        name = f"wamid.in.{next(self.numbers)}.{now().timestamp()}"
        return self._post(whatsapp_events.post_of(whatsapp_events.message(person, now(), text, id=name)))

    def leaves(self, person: str) -> int:
        return self._post(whatsapp_events.post_of(whatsapp_events.preference(person, now(), "stop")))
