"""How far messages came: sent, delivered, read; early, late, twice, and of messages that nobody knew had gone."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest

from channels.models import Channel, Contact
from sequencer.workspaces.models import Workspace
from sequences.actions.receipts import forget_early_receipts, match_recent
from sequences.models import Delivery, DeliveryState, EarlyReceipt, SentPart
from tests.actions.cast import delivery_of, enter, subscription_of, texts
from tests.actions.conftest import clock, engine, graph
from tests.builders import a_channel, a_contact, a_sequence, a_sub_flow, a_workspace
from tests.channels.calling_webhooks import happens
from tests.doubles.graph import GraphDouble
from tests.doubles.graph_events import CREDENTIALS, delivery, echo, read
from tests.engine import Clock, Engine

__all__ = ["clock", "engine", "graph"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def same_clock(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("channels.webhooks.views.timezone", SimpleNamespace(now=clock))


@pytest.fixture
def workspace() -> Workspace:
    return a_workspace()


@pytest.fixture
def page(graph: GraphDouble, workspace: Workspace) -> Channel:
    settings = {"base_url": graph.base_url, "sends_per_second": 10_000}
    return a_channel(workspace, kind="messenger", credentials=CREDENTIALS, settings=settings)


@pytest.fixture
def ann(page: Channel, clock: Clock) -> Contact:
    return a_contact(page, "ann", last_interaction_at=clock(), profile_read_at=clock())


def sent(engine: Engine, ann: Contact, *words: str) -> list[str]:
    """One sub-flow of these messages went out; the provider's ids in order."""
    blocks = [{"type": "text", "text": word} for word in words or ("Hello!",)]
    sub_flow = a_sub_flow(ann.workspace, blocks=blocks)
    enter(a_sequence(ann.workspace, [{"sub_flow": sub_flow}]), ann, now=engine.clock())
    engine.settle()
    return [mid for mid in SentPart.objects.order_by("pk").values_list("provider_message_id", flat=True) if mid]


def progress(ann: Contact) -> tuple[str, datetime | None, datetime | None]:
    row = Delivery.objects.filter(contact=ann).latest("pk")
    return row.state, row.delivered_at, row.read_at


def test_delivered_then_read(engine: Engine, clock: Clock, page: Channel, ann: Contact) -> None:
    [mid] = sent(engine, ann)
    delivered_at = clock.forward(seconds=2)
    happens(page, delivery("ann", delivered_at, mid))
    assert progress(ann) == ("delivered", delivered_at, None)
    read_at = clock.forward(minutes=5)
    happens(page, read("ann", read_at))
    assert progress(ann) == ("read", delivered_at, read_at)


def test_receipts_only_move_forwards(engine: Engine, clock: Clock, page: Channel, ann: Contact) -> None:
    [mid] = sent(engine, ann)
    read_at = clock.forward(seconds=2)
    happens(page, read("ann", read_at))
    assert progress(ann) == ("read", read_at, read_at)
    clock.forward(seconds=2)
    for _ in range(3):
        happens(page, delivery("ann", clock(), mid), read("ann", clock()))
    assert progress(ann) == ("read", read_at, read_at)


def test_a_watermark_speaks_of_all_that_went_before_it(
    engine: Engine, clock: Clock, page: Channel, ann: Contact
) -> None:
    sent(engine, ann)
    first_at = clock()
    clock.forward(minutes=1)
    sent(engine, ann)
    clock.forward(minutes=1)
    happens(page, delivery("ann", clock(), until=first_at))
    assert [row.state for row in Delivery.objects.order_by("pk")] == ["delivered", "sent"]
    happens(page, read("ann", clock()))
    assert [row.state for row in Delivery.objects.order_by("pk")] == ["read", "read"]


def test_a_sub_flow_is_delivered_when_its_last_message_is(
    engine: Engine, clock: Clock, page: Channel, ann: Contact
) -> None:
    mids = sent(engine, ann, "one", "two", "three")
    happens(page, delivery("ann", clock() - timedelta(seconds=1), *mids[:2]))
    assert progress(ann)[0] == "sent"
    happens(page, delivery("ann", clock() - timedelta(seconds=1), mids[2]))
    assert progress(ann)[0] == "delivered"


@pytest.mark.parametrize("kind", ["mid", "watermark"])
def test_a_receipt_that_comes_before_the_record_is_not_lost(
    engine: Engine, clock: Clock, page: Channel, ann: Contact, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The provider took the message and tells us of it; the batch with its answer is committed only now."""
    turns = engine.dispatcher._record

    def tell_first() -> bool:
        if engine.dispatcher.finished:
            happens(page, delivery("ann", clock(), *(["m_1"] if kind == "mid" else [])), read("ann", clock()))
            assert EarlyReceipt.objects.exists()
        return turns()

    monkeypatch.setattr(engine.dispatcher, "_record", tell_first)
    sent(engine, ann)
    assert progress(ann) == ("read", clock(), clock())
    assert not EarlyReceipt.objects.exists()


def test_what_was_parked_beside_the_record_is_found_by_the_housekeeper(
    engine: Engine, clock: Clock, page: Channel, ann: Contact
) -> None:
    [mid] = sent(engine, ann)
    here = {"workspace": ann.workspace, "channel": page, "contact": ann, "at": clock(), "parked_at": clock()}
    EarlyReceipt.objects.create(kind="delivered", provider_message_id=mid, **here)
    match_recent(now=clock())
    assert progress(ann)[0] == "delivered"
    assert not EarlyReceipt.objects.exists()


def test_receipts_of_messages_that_are_not_ours_are_not_kept(
    engine: Engine, clock: Clock, page: Channel, ann: Contact
) -> None:
    """A colleague answers in the Page's inbox: receipts come for those messages too."""
    sent(engine, ann)
    happens(page, delivery("ann", clock(), "m_of_a_colleague"), delivery("stranger", clock(), "m_9"))
    assert not EarlyReceipt.objects.exists()
    assert not Contact.objects.filter(address="stranger").exists()


def test_what_no_message_came_for_is_forgotten(clock: Clock, page: Channel, ann: Contact) -> None:
    here = {"workspace": ann.workspace, "channel": page, "contact": ann, "at": clock(), "parked_at": clock()}
    EarlyReceipt.objects.create(kind="read", until=clock(), **here)
    assert forget_early_receipts(now=clock()) == 0
    assert forget_early_receipts(now=clock() + timedelta(days=2)) == 1


def doubtful(engine: Engine, graph: GraphDouble, ann: Contact) -> Delivery:
    """The provider took a message and the connection broke before it said so."""
    graph.fault("reset", times=1)
    sent(engine, ann)
    row = delivery_of(ann)
    assert row.state == DeliveryState.UNKNOWN
    return row


def test_an_echo_settles_what_nobody_knew(
    engine: Engine, graph: GraphDouble, clock: Clock, page: Channel, ann: Contact
) -> None:
    row = doubtful(engine, graph, ann)
    clock.forward(seconds=1)
    happens(page, delivery("ann", clock(), "m_1"), echo("ann", clock(), "m_1", f"{row.pk}.0"))
    row.refresh_from_db()
    assert (row.state, row.reason, row.sent_at) == ("delivered", "", clock())
    assert SentPart.objects.get().provider_message_id == "m_1"
    engine.travel(hours=1)
    assert len(graph.accepted) == 1  # nothing is sent again
    assert subscription_of(ann).first_sent_at is not None


def test_an_echo_before_the_doubt_settles_it_too(
    engine: Engine, graph: GraphDouble, clock: Clock, page: Channel, ann: Contact, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = engine.dispatcher._record

    def tell_first() -> bool:
        if engine.dispatcher.finished:
            happens(page, echo("ann", clock(), "m_1", f"{Delivery.objects.get().pk}.0"))
        return turns()

    monkeypatch.setattr(engine.dispatcher, "_record", tell_first)
    graph.fault("reset", times=1)
    sent(engine, ann)
    assert progress(ann)[0] == "sent"


def test_an_echo_for_somebody_else_settles_nothing(
    engine: Engine, graph: GraphDouble, clock: Clock, page: Channel, ann: Contact
) -> None:
    row = doubtful(engine, graph, ann)
    a_contact(page, "bob")
    other = a_channel(a_workspace(), kind="messenger", credentials=CREDENTIALS)
    a_contact(other, "ann")
    happens(page, echo("bob", clock(), "m_1", f"{row.pk}.0"), echo("ann", clock(), "m_1", "not ours"))
    happens(other, echo("ann", clock(), "m_1", f"{row.pk}.0"))
    row.refresh_from_db()
    assert row.state == DeliveryState.UNKNOWN


def test_an_echo_opens_no_window(clock: Clock, page: Channel, ann: Contact) -> None:
    before = ann.last_interaction_at
    clock.forward(hours=3)
    happens(page, echo("ann", clock(), "m_x", "7.0"), delivery("ann", clock()), read("ann", clock()))
    ann.refresh_from_db()
    assert ann.last_interaction_at == before


def test_two_steps_have_receipts_of_their_own(
    engine: Engine, clock: Clock, page: Channel, ann: Contact, workspace: Workspace
) -> None:
    enter(a_sequence(workspace, texts(workspace, "one", "two")), ann, now=clock())
    engine.settle()
    happens(page, delivery("ann", clock() - timedelta(seconds=1), "m_2"))
    assert [row.state for row in Delivery.objects.order_by("pk")] == ["sent", "delivered"]
