"""A WhatsApp number from the first word to the late failure, by webhook alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from channels.actions.check_connection import Verdict, check_connection
from channels.actions.refresh_templates import refresh_templates
from channels.models import Channel, Contact, MessageTemplate
from sequencer.workspaces.actor import SYSTEM
from sequences.actions.receipts import match_recent
from sequences.actions.undelivered import match_failures
from sequences.models import Delivery, EarlyReceipt, Sequence
from sequences.rules.payloads import encode
from tests.actions.cast import enter, states_of, subscription_of, texts
from tests.actions.conftest import clock, engine, graph
from tests.builders import a_channel, a_contact, a_sequence, a_sub_flow, a_workspace
from tests.channels.calling_webhooks import address_of
from tests.doubles.graph import GraphDouble
from tests.doubles.graph_callbacks import Callbacks
from tests.doubles.graph_events import SECRET
from tests.doubles.whatsapp_events import (
    ACCOUNT_ID,
    CREDENTIALS,
    NUMBER_ID,
    changed_number,
    message,
    post_of,
    preference,
    status,
    tap,
    template_judged,
)
from tests.engine import Clock, Engine

__all__ = ["clock", "engine", "graph"]
pytestmark = pytest.mark.django_db(transaction=True)

ANN, ANNS_ID, BOB = "33600000001", "FR.1349", "33600000002"


@pytest.fixture
def number(graph: GraphDouble, live_server: Any, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Channel:
    """A number on the double, which calls our webhook; everybody lives by the test's clock."""
    monkeypatch.setattr("channels.webhooks.views.timezone", SimpleNamespace(now=clock))
    graph.rules.app_secret = SECRET
    graph.rules.knows_everybody = False
    graph.rules.page = {"id": NUMBER_ID, "verified_name": "The Shop", "display_phone_number": "+1 555"}
    settings = {"base_url": graph.base_url, "sends_per_second": 10_000}
    found = a_channel(a_workspace(), kind="whatsapp", credentials=CREDENTIALS, settings=settings)
    graph.callbacks = Callbacks(live_server.url + address_of(found), auto=frozenset({"delivery"}))
    return found


def tell(graph: GraphDouble, *posts: bytes) -> None:
    assert graph.callbacks is not None
    graph.callbacks.tell(*posts)
    assert set(graph.callbacks.wait()) == {200}


def says(graph: GraphDouble, clock: Clock, who: str, text: str = "Hi", **more: Any) -> None:
    graph.person(who, last_interaction_at=clock())
    tell(graph, post_of(message(who, clock(), text, **more)))


def settle(engine: Engine, graph: GraphDouble) -> None:
    """The housekeeping looks every few seconds; this clock jumps over hours."""
    engine.settle()
    assert graph.callbacks is not None
    graph.callbacks.wait()
    for parked_at in list(EarlyReceipt.objects.values_list("parked_at", flat=True)):
        match_recent(now=parked_at)
    match_failures(now=engine.clock())
    engine.settle()


def two_messages(number: Channel, template: bool = True) -> Sequence:
    """One at once, one two days later: an update that may go as a template."""
    bound = {"name": "order_update", "language": "en", "parameters": ["7", "{{ first_name }}", "YES"]}
    late = a_sub_flow(number.workspace, utility_template=bound if template else None)
    [hello] = texts(number.workspace, "Hello")
    update = {"sub_flow": late, "content_type": "post_purchase_update", "delay_unit": "days", "delay_amount": 2}
    return a_sequence(number.workspace, [hello, update])


def test_from_the_first_word_to_the_template_and_the_read_receipt(
    number: Channel, graph: GraphDouble, engine: Engine, clock: Clock
) -> None:
    assert check_connection(number, now=clock(), actor=SYSTEM).verdict is Verdict.CONNECTED
    buttons = [{"type": "QUICK_REPLY", "text": "Track"}]
    graph.template("order_update", body="Order {{1}} is ready, {{2}}.", buttons=buttons)
    refresh_templates(number, now=clock(), actor=SYSTEM)
    assert any(f"/{ACCOUNT_ID}/message_templates" in path for path in graph.questions)
    assert MessageTemplate.objects.get().slots == [["body", ""], ["body", ""], ["postback_button", "0"]]
    subscribes = encode({"action": "subscribe", "sequence": two_messages(number).public_id})
    says(graph, clock, ANN)
    tell(graph, post_of(tap(ANN, clock(), subscribes)))
    settle(engine, graph)
    ann = Contact.objects.get()
    assert (ann.first_name, ann.last_name) == ("Kerry", "Fisher")
    assert states_of(ann) == [("delivered", "")]
    engine.travel(days=2)
    settle(engine, graph)
    [_, seen] = graph.accepted
    assert [part["type"] for part in seen.body["template"]["components"]] == ["body", "button"]
    assert states_of(ann) == [("delivered", ""), ("delivered", "")]
    for _ in range(2):
        tell(graph, post_of(status(ANN, clock(), "wamid.2", "read")), post_of(status(ANN, clock(), "wamid.2")))
    assert states_of(ann) == [("delivered", ""), ("read", "")]


def test_without_a_template_nothing_goes_after_24_hours(
    number: Channel, graph: GraphDouble, engine: Engine, clock: Clock
) -> None:
    says(graph, clock, ANN)
    ann = Contact.objects.get()
    enter(two_messages(number, template=False), ann, now=clock())
    engine.settle()
    engine.travel(days=2)
    assert states_of(ann)[1] == ("skipped", "no_utility_template")
    assert len(graph.requests) == 1


@pytest.mark.parametrize("late", [False, True])
def test_a_closed_window_and_a_blocked_number_are_told_at_once_or_later(
    number: Channel, graph: GraphDouble, engine: Engine, clock: Clock, late: bool
) -> None:
    """By our books both wrote just now, by WhatsApp's ann did days ago, and bob cannot be reached."""
    graph.whatsapp.fails_late = late
    ann, bob = (a_contact(number, who, last_interaction_at=clock()) for who in (ANN, BOB))
    graph.person(ANN, last_interaction_at=clock() - timedelta(days=3))
    graph.person(BOB, last_interaction_at=clock(), is_blocked=True)
    for _ in range(2):
        enter(a_sequence(number.workspace), ann, bob, now=clock())
        settle(engine, graph)
    closed = ("failed" if late else "skipped", "reply_window_closed")
    assert states_of(ann) == [closed, closed]
    assert states_of(bob) == [("failed", "contact_unreachable")] * 2
    bob.refresh_from_db()
    assert (bob.is_available, bob.unreachable_in_a_row) == (False, 2)  # twice in a row
    ann.refresh_from_db()
    assert ann.is_available
    assert len(graph.requests) == 4  # nothing went a second time


def test_a_status_settles_what_nobody_knew(number: Channel, graph: GraphDouble, engine: Engine, clock: Clock) -> None:
    says(graph, clock, ANN)
    ann = Contact.objects.get()
    graph.fault("reset", times=2, takes=False)
    for _ in range(2):
        enter(a_sequence(number.workspace), ann, now=clock())
        engine.settle()
    assert states_of(ann) == [("unknown", "outcome_unknown")] * 2
    one, two = (f"{row.pk}.0" for row in Delivery.objects.order_by("pk"))
    tell(graph, post_of(status(ANN, clock(), "wamid.a", "read", one)))
    tell(graph, post_of(status(ANN, clock(), "wamid.b", "failed", two, 131026)))
    assert states_of(ann) == [("read", ""), ("failed", "contact_unreachable")]


def test_stop_start_and_preferences(number: Channel, graph: GraphDouble, engine: Engine, clock: Clock) -> None:
    says(graph, clock, ANN)
    ann = Contact.objects.get()
    enter(two_messages(number), ann, now=clock())
    clock.forward(seconds=1)
    says(graph, clock, ANN, " STOP ")
    assert (opted_out_at(), subscription_of(ann).ended_because) == (clock(), "opted_out")
    clock.forward(seconds=1)
    says(graph, clock, ANN, "Please stop shouting")
    assert opted_out_at()
    clock.forward(seconds=1)
    says(graph, clock, ANN, "start")
    tell(graph, post_of(preference(ANN, clock(), "resume")))
    assert opted_out_at() is None
    clock.forward(seconds=1)
    tell(graph, post_of(preference(ANN, clock(), "stop")), post_of(preference(ANN, clock(), "stop")))
    assert opted_out_at() == clock()


def opted_out_at() -> datetime | None:
    return Contact.objects.get().opted_out_at


def test_people_are_known_by_number_and_by_user_id(
    number: Channel, graph: GraphDouble, engine: Engine, clock: Clock
) -> None:
    says(graph, clock, ANN, user=ANNS_ID)
    clock.forward(seconds=1)
    tell(graph, post_of(message("", clock(), user=ANNS_ID)))  # the number is hidden from now on
    ann = Contact.objects.get()
    assert (ann.address, ann.other_address, ann.last_interaction_at) == (ANN, ANNS_ID, clock())
    enter(a_sequence(number.workspace), ann, now=clock())
    clock.forward(seconds=1)
    tell(graph, post_of(changed_number(ANN, clock(), BOB)))
    ann.refresh_from_db()
    assert ann.address == BOB
    graph.person("DE.77", last_interaction_at=clock())
    tell(graph, post_of(message("", clock(), user="DE.77")))
    enter(a_sequence(number.workspace), Contact.objects.get(address="DE.77"), now=clock())
    graph.person(BOB, last_interaction_at=clock())
    settle(engine, graph)
    assert sorted(seen.recipient for seen in graph.accepted) == [BOB, "DE.77"]
    assert "to" not in next(seen.body for seen in graph.accepted if seen.recipient == "DE.77")


def test_too_much_for_one_person_waits_for_this_person_only(
    number: Channel, graph: GraphDouble, engine: Engine, clock: Clock
) -> None:
    graph.whatsapp.keeps_pairs = True
    ann, bob = (a_contact(number, who, last_interaction_at=clock()) for who in (ANN, BOB))
    for who in (ANN, BOB):
        graph.person(who, last_interaction_at=clock())
    for _ in range(2):
        enter(a_sequence(number.workspace), ann, now=clock())
    enter(a_sequence(number.workspace), bob, now=clock())
    settle(engine, graph)
    assert sorted(state for state, _ in states_of(ann)) == ["delivered", "waiting"]
    assert states_of(bob) == [("delivered", "")]
    engine.travel(seconds=10)
    settle(engine, graph)
    assert states_of(ann) == [("delivered", "")] * 2


def test_the_fate_of_a_template_comes_by_webhook(number: Channel, graph: GraphDouble, clock: Clock) -> None:
    graph.template("order_update", status="PENDING")
    refresh_templates(number, now=clock(), actor=SYSTEM)
    clock.forward(seconds=1)
    tell(graph, template_judged("order_update", "en", "APPROVED", clock()))
    assert MessageTemplate.objects.get().is_approved
