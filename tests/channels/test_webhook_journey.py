"""The article's example against a Page, from the first word to the read receipt, by webhook alone."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from channels.actions.refresh_templates import refresh_templates
from channels.models import Channel, Contact
from sequencer.workspaces.actor import SYSTEM
from sequences.actions.receipts import match_recent
from sequences.models import Delivery, EarlyReceipt, Sequence
from sequences.rules.payloads import encode
from tests.actions.cast import states_of, texts
from tests.actions.conftest import clock, engine, graph
from tests.builders import a_channel, a_sequence, a_sub_flow, a_workspace
from tests.channels.calling_webhooks import address_of
from tests.doubles.graph import GraphDouble
from tests.doubles.graph_callbacks import Callbacks
from tests.doubles.graph_events import CREDENTIALS, SECRET, message, postback, read
from tests.engine import Clock, Engine

__all__ = ["clock", "engine", "graph"]
pytestmark = pytest.mark.django_db(transaction=True)

OFFICE_HOURS = {"window_start": time(9), "window_end": time(18)}


@pytest.fixture
def page(graph: GraphDouble, live_server: Any, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Channel:
    """A Page on the double, which calls our webhook; everybody lives by the test's clock, in Paris."""
    monkeypatch.setattr("channels.webhooks.views.timezone", SimpleNamespace(now=clock))
    graph.rules.app_secret = SECRET
    graph.rules.knows_everybody = False
    settings = {"base_url": graph.base_url, "sends_per_second": 10_000}
    workspace = a_workspace(time_zone="Europe/Paris")
    page = a_channel(workspace, kind="messenger", credentials=CREDENTIALS, settings=settings)
    graph.callbacks = Callbacks(live_server.url + address_of(page))
    return page


class Meta:
    """What people do there, and that it reaches us."""

    def __init__(self, graph: GraphDouble, clock: Clock) -> None:
        assert graph.callbacks is not None
        self.graph, self.clock, self.callbacks = graph, clock, graph.callbacks

    def does(self, psid: str, *events: dict[str, Any]) -> None:
        self.graph.person(psid, last_interaction_at=self.clock())
        self.tell(*events)

    def tell(self, *events: dict[str, Any]) -> None:
        self.callbacks.tell(*events)
        assert set(self.callbacks.wait()) <= {200}


def the_example(page: Channel) -> Sequence:
    """At once; two hours later, in office hours; a day after that."""
    hello, coupon, goodbye = texts(page.workspace, "Hello", "Your coupon", "Goodbye")
    return a_sequence(
        page.workspace,
        [
            hello,
            {**coupon, "delay_unit": "hours", "delay_amount": 2, **OFFICE_HOURS},
            {**goodbye, "delay_unit": "days", "delay_amount": 1},
        ],
    )


def follow(engine: Engine, meta: Meta, until: datetime) -> None:
    engine.follow_the_plan(until)
    assert set(meta.callbacks.wait()) <= {200}
    # The housekeeping looks every few seconds; this clock jumps over hours.
    for parked_at in list(EarlyReceipt.objects.values_list("parked_at", flat=True)):
        match_recent(now=parked_at)


@pytest.mark.parametrize(
    ("auto", "copies", "shuffle"),
    [({"echo", "delivery"}, 1, False), ({"echo", "delivery_by_watermark", "delivery"}, 3, True)],
    ids=["in order", "doubled and shuffled"],
)
def test_from_the_first_word_to_the_read_receipt(
    page: Channel, graph: GraphDouble, engine: Engine, clock: Clock, auto: set[str], copies: int, shuffle: bool
) -> None:
    """19:00 in Paris: the second message is due at 21:00 and goes the next morning at 09:00.

    Ann writes again that evening, so her last message goes; bob does not, and his is passed over.
    """
    clock.now = datetime(2026, 11, 23, 18, tzinfo=UTC)
    meta, example = Meta(graph, clock), the_example(page)
    meta.callbacks.auto, meta.callbacks.copies, meta.callbacks.shuffle = frozenset(auto), copies, shuffle
    subscribes = encode({"action": "subscribe", "sequence": example.public_id})
    for person in ("ann", "bob"):
        meta.does(person, message(person, clock(), "Hi"), postback(person, clock(), subscribes))
    follow(engine, meta, clock() + timedelta(hours=1))
    ann, bob = Contact.objects.get(address="ann"), Contact.objects.get(address="bob")
    assert states_of(ann) == states_of(bob) == [("delivered", "")]
    follow(engine, meta, datetime(2026, 11, 24, 12, tzinfo=UTC))
    assert [row.sent_at for row in Delivery.objects.filter(contact=ann).order_by("pk")] == [
        datetime(2026, 11, 23, 18, tzinfo=UTC),
        datetime(2026, 11, 24, 8, tzinfo=UTC),
    ]
    meta.does("ann", message("ann", clock(), "Thanks"))
    follow(engine, meta, datetime(2026, 11, 25, 12, tzinfo=UTC))
    meta.tell(read("ann", clock()))
    assert states_of(ann) == [("read", ""), ("read", ""), ("read", "")]
    assert states_of(bob) == [("delivered", ""), ("delivered", ""), ("skipped", "reply_window_closed")]
    assert not any("tag" in seen.body for seen in graph.requests)
    assert len(graph.accepted) == len(graph.requests) == 5


def test_after_24_hours_a_template_that_was_approved_by_webhook_goes_and_is_read(
    page: Channel, graph: GraphDouble, engine: Engine, clock: Clock
) -> None:
    """Ann's two messages are both due after 24 hours: Meta approves the template between them."""
    meta = Meta(graph, clock)
    graph.template("order_update", status="PENDING", body="Order {{1}}, {{2}}")
    refresh_templates(page, now=clock(), actor=SYSTEM)
    template = {"name": "order_update", "language": "en", "parameters": ["7", '{{ first_name|default:"friend" }}']}
    update = {"sub_flow": a_sub_flow(page.workspace, utility_template=template), "content_type": "post_purchase_update"}
    wait = {"delay_unit": "days", "delay_amount": 2}
    example = a_sequence(page.workspace, [{**update, **wait}, {**update, **wait}])
    meta.does("ann", postback("ann", clock(), encode({"action": "subscribe", "sequence": example.public_id})))
    follow(engine, meta, clock() + timedelta(days=3))
    ann = Contact.objects.get(address="ann")
    assert (states_of(ann), graph.requests) == ([("skipped", "no_utility_template")], [])
    graph.template("order_update", status="APPROVED")
    assert set(meta.callbacks.wait()) == {200}
    follow(engine, meta, clock() + timedelta(days=3))
    [seen] = graph.accepted
    assert (seen.body["messaging_type"], "tag" in seen.body) == ("UTILITY", False)
    [body] = seen.body["message"]["template"]["components"]
    assert [parameter["text"] for parameter in body["parameters"]] == ["7", "friend"]
    meta.tell(read("ann", clock()))
    assert states_of(ann) == [("skipped", "no_utility_template"), ("read", "")]
