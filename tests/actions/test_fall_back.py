"""A message that cannot reach somebody on their channel goes to them on another one, once, where they agreed to it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from channels.actions.link_contacts import link_contacts
from channels.models import Channel, Contact
from sequencer.workspaces.actor import SYSTEM
from sequencer.workspaces.models import Workspace
from sequences.actions.same_person import inside, leave
from sequences.models import Delivery, Sequence, SubFlow
from tests.actions.cast import a_page, delivery_of, enter, hours, how_it_ended, subscription_of, texts
from tests.actions.conftest import clock, engine, graph
from tests.builders import a_channel, a_contact, a_sequence, a_sub_flow, a_workspace
from tests.doubles.graph import GraphDouble
from tests.doubles.receiver import SECRET, ReceiverDouble
from tests.doubles.uchat import ANN as UCHAT_ANN
from tests.doubles.uchat import CREDENTIALS as UCHAT
from tests.doubles.uchat import UChatDouble
from tests.engine import Clock, Engine, writes

__all__ = ["clock", "engine", "graph"]
pytestmark = pytest.mark.django_db
ALSO = {"fall_back_to": "webhook"}


@pytest.fixture
def receiver(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Any:
    with ReceiverDouble(clock, monkeypatch) as double:
        yield double


@pytest.fixture
def page(graph: GraphDouble) -> Channel:
    return a_page(graph)


@pytest.fixture
def hook(page: Channel, receiver: ReceiverDouble) -> Channel:
    settings = {"url": receiver.base_url, "sends_per_second": 1000}
    return a_channel(page.workspace, "webhook", {"signing_secret": SECRET}, settings=settings)


@pytest.fixture
def ann(page: Channel, hook: Channel, clock: Clock) -> Contact:
    """She wrote on Messenger two days ago, and her contact on the webhook's channel is known to be hers."""
    ann = a_contact(page, "ann", last_interaction_at=clock() - timedelta(days=2))
    link(ann, a_contact(hook, "ann@crm"))
    return Contact.objects.get(pk=ann.pk)


def link(one: Contact, other: Contact) -> None:
    link_contacts(one, other, now=one.created_at, actor=SYSTEM)


def elsewhere(ann: Contact) -> Contact:
    found: Contact = Contact.objects.exclude(pk=ann.pk).get(person=ann.person_id)
    return found


def falling(workspace: Workspace, *names: str, **settings: Any) -> Sequence:
    return a_sequence(workspace, texts(workspace, *names, **{**ALSO, **settings}))


def told(receiver: ReceiverDouble) -> list[tuple[str, str]]:
    return [(event["data"]["contact"]["address"], event["data"]["message"]["text"]) for event in receiver.accepted]


def test_a_closed_window_sends_it_on_the_other_channel_and_says_why(
    ann: Contact, hook: Channel, receiver: ReceiverDouble, graph: GraphDouble, engine: Engine, clock: Clock
) -> None:
    enter(falling(ann.workspace, "One"), ann, now=clock())
    engine.settle()
    row = Delivery.objects.get()
    assert (row.state, row.channel_id, row.contact_id) == ("sent", hook.pk, elsewhere(ann).pk)
    assert (row.fell_back_because, row.reason, row.attempts) == ("reply_window_closed", "", 1)
    assert (told(receiver), graph.accepted) == ([("ann@crm", "One")], [])
    assert how_it_ended(ann) == ("completed", "completed")


def test_the_next_message_is_decided_at_home_again(
    ann: Contact, page: Channel, receiver: ReceiverDouble, graph: GraphDouble, engine: Engine, clock: Clock
) -> None:
    workspace = ann.workspace
    steps = texts(workspace, "One", **ALSO) + texts(workspace, "Two", "Three", **hours(1))
    enter(a_sequence(workspace, steps), ann, now=clock())
    engine.settle()
    assert subscription_of(ann).channel_id == page.pk
    clock.forward(minutes=30)
    writes(ann, clock())
    engine.follow_the_plan(clock() + timedelta(hours=3))
    assert told(receiver) == [("ann@crm", "One")]
    assert [row.channel_id for row in Delivery.objects.order_by("pk")][1:] == [page.pk] * 2
    assert len(graph.accepted) == 2


@pytest.mark.parametrize("without", ["consent", "link", "choice", "channel", "block"])
def test_without_the_choice_the_link_or_the_persons_consent_it_is_skipped_as_before(
    ann: Contact, receiver: ReceiverDouble, graph: GraphDouble, engine: Engine, clock: Clock, without: str
) -> None:
    other = elsewhere(ann)
    settings = {"fall_back_to": {"choice": "", "channel": "sms"}.get(without, "webhook")}
    match without:
        case "consent":
            Contact.objects.filter(pk=other.pk).update(opted_out_at=clock())
        case "block":
            Contact.objects.filter(pk=other.pk).update(blocked_at=clock())
        case "link":
            Contact.objects.update(person=None)
    enter(falling(ann.workspace, "One", **settings), ann, now=clock())
    engine.settle()
    row = Delivery.objects.get()
    assert (row.state, row.reason, row.contact_id) == ("skipped", "reply_window_closed", ann.pk)
    assert (row.fell_back_because, receiver.requests, graph.accepted) == ("", [], [])


def test_where_both_are_closed_it_is_held_until_they_write_on_either(
    ann: Contact, page: Channel, graph: GraphDouble, receiver: ReceiverDouble, engine: Engine, clock: Clock
) -> None:
    sandbox = a_channel(ann.workspace, "sandbox")
    there = a_contact(sandbox, "ann", last_interaction_at=clock() - timedelta(days=3))
    link(ann, there)
    enter(falling(ann.workspace, "One", fall_back_to="sandbox", outside_reply_window="hold"), ann, now=clock())
    engine.settle()
    held = subscription_of(ann)
    assert (held.next_send_at, held.next_because, held.channel_id) == (None, "reply_window_closed", page.pk)
    clock.forward(hours=1)
    writes(there, clock())
    engine.settle()
    row = Delivery.objects.get()
    assert (row.state, row.channel_id, graph.accepted) == ("sent", sandbox.pk, [])


def test_somebody_of_another_workspace_is_never_reached(
    ann: Contact, receiver: ReceiverDouble, engine: Engine, clock: Clock
) -> None:
    """Nobody can be linked across workspaces; were a row bent, nothing would go there."""
    other = elsewhere(ann)
    stranger = a_channel(
        a_workspace("Elsewhere"), "webhook", {"signing_secret": SECRET}, settings=other.channel.settings
    )
    bent = {"workspace_id": stranger.workspace_id, "channel_id": stranger.pk}
    bend(other, **bent)
    enter(falling(ann.workspace, "One"), ann, now=clock())
    engine.settle()
    assert (delivery_of(ann).state, receiver.requests) == ("skipped", [])


def bend(contact: Contact, **values: int) -> None:
    """PostgreSQL refuses it by itself: there the link is cut instead."""
    if connection.vendor == "postgresql":
        values = {"person_id": None}  # type: ignore[dict-item]
    Contact.objects.filter(pk=contact.pk).update(**values)


def test_who_is_gone_here_is_reached_there_from_then_on(
    ann: Contact, hook: Channel, graph: GraphDouble, receiver: ReceiverDouble, engine: Engine, clock: Clock
) -> None:
    """The provider knows nobody of that name: what may fall back goes on elsewhere, the rest ends."""
    Contact.objects.filter(pk=ann.pk).update(last_interaction_at=clock())
    workspace = ann.workspace
    both = falling(workspace, "One", "Two", **hours(1))
    steps = texts(workspace, "Alpha", **ALSO) + texts(workspace, "Beta", **hours(1))
    one_of_them = a_sequence(workspace, steps)
    none = a_sequence(workspace, texts(workspace, "Never", **hours(5)))
    for sequence in (both, one_of_them, none):
        enter(sequence, ann, now=clock())
    graph.fault("error", error={"code": 100, "error_subcode": 2018001, "message": "No matching user found"})
    engine.follow_the_plan(clock() + timedelta(hours=6))
    assert [text for _, text in told(receiver)] == ["Alpha", "One", "Two"]
    assert {row.fell_back_because for row in Delivery.objects.filter(state="sent")} == {"contact_gone"}
    ended = {row.sequence_id: row.ended_because for row in ann.subscriptions.all()}
    assert ended == {both.pk: "completed", one_of_them.pk: "contact_gone", none.pk: "contact_gone"}


def test_whoever_opted_out_or_blocked_us_here_is_not_written_to_there(
    ann: Contact, graph: GraphDouble, receiver: ReceiverDouble, engine: Engine, clock: Clock
) -> None:
    Contact.objects.filter(pk=ann.pk).update(blocked_at=clock())
    ann.refresh_from_db()
    assert not ann.is_gone
    sequence = falling(ann.workspace, "One")
    Contact.objects.filter(pk=ann.pk).update(blocked_at=None)
    enter(sequence, ann, now=clock())
    Contact.objects.filter(pk=ann.pk).update(blocked_at=clock())
    engine.settle()
    assert (how_it_ended(ann), receiver.requests) == (("stopped", "blocked"), [])


def test_a_provider_that_says_the_window_is_closed_is_believed(
    ann: Contact, graph: GraphDouble, receiver: ReceiverDouble, engine: Engine, clock: Clock
) -> None:
    Contact.objects.filter(pk=ann.pk).update(last_interaction_at=clock())
    enter(falling(ann.workspace, "One"), ann, now=clock())
    graph.fault("error", error={"code": 10, "error_subcode": 2018278, "message": "outside of allowed window"})
    engine.settle()
    row = Delivery.objects.get()
    assert (row.state, row.fell_back_because, row.reason_details) == ("sent", "reply_window_closed", {})
    assert (told(receiver), len(graph.requests)) == ([("ann@crm", "One")], 1)


def test_refused_there_too_the_choice_of_the_message_applies(
    ann: Contact, receiver: ReceiverDouble, engine: Engine, clock: Clock
) -> None:
    receiver.will_answer(404, {"error": "contact_gone"})
    enter(falling(ann.workspace, "One", outside_reply_window="stop"), ann, now=clock())
    engine.settle()
    row = Delivery.objects.get()
    assert (row.state, row.reason, how_it_ended(ann)) == (
        "skipped",
        "reply_window_closed",
        ("stopped", "stopped_by_step"),
    )
    assert (elsewhere(ann).is_gone, len(receiver.requests)) == (True, 1)


def test_what_may_have_arrived_there_goes_nowhere_else(
    ann: Contact, page: Channel, graph: GraphDouble, receiver: ReceiverDouble, engine: Engine, clock: Clock
) -> None:
    """In doubt on the other channel, and the window opens at home meanwhile: the same channel, the same id."""
    enter(falling(ann.workspace, "One"), ann, now=clock())
    receiver.fault("reset", times=1)
    engine.settle()
    clock.forward(minutes=1)
    writes(ann, clock())
    engine.travel(hours=1)
    assert (Delivery.objects.get().state, len(receiver.seen), graph.accepted) == ("sent", 1, [])


def test_the_window_opens_while_it_waits_in_the_other_line(
    ann: Contact, hook: Channel, graph: GraphDouble, receiver: ReceiverDouble, engine: Engine, clock: Clock
) -> None:
    """The other channel is paused: what waits there goes home as soon as the person writes here."""
    Channel.objects.filter(pk=hook.pk).update(state="paused")
    enter(falling(ann.workspace, "One"), ann, now=clock())
    engine.settle()
    assert (subscription_of(ann).channel_id, Delivery.objects.count()) == (hook.pk, 0)
    clock.forward(minutes=1)
    writes(ann, clock())
    engine.settle()
    assert (len(graph.accepted), receiver.requests) == (1, [])


def test_it_weighs_on_the_speed_of_the_channel_that_sends(
    ann: Contact, page: Channel, hook: Channel, engine: Engine, clock: Clock
) -> None:
    enter(falling(ann.workspace, "One"), ann, now=clock())
    engine.settle()
    tokens = dict(Channel.objects.values_list("pk", "tokens"))
    assert tokens == {page.pk: 10_000, hook.pk: 999}


def test_an_answer_there_stops_what_stops_on_a_reply(
    ann: Contact, receiver: ReceiverDouble, engine: Engine, clock: Clock
) -> None:
    workspace = ann.workspace
    steps = texts(workspace, "One", **ALSO) + texts(workspace, "Two", **{**ALSO, **hours(1)})
    enter(a_sequence(workspace, steps, stop_on_reply=True), ann, now=clock())
    engine.settle()
    clock.forward(minutes=1)
    writes(elsewhere(ann), clock())
    assert how_it_ended(ann) == ("stopped", "replied")


def test_whoever_opts_out_there_at_the_last_moment_gets_nothing(
    ann: Contact, hook: Channel, receiver: ReceiverDouble, engine: Engine, clock: Clock
) -> None:
    """Decided, and not yet on its way."""
    enter(falling(ann.workspace, "One"), ann, now=clock())
    engine.decide()
    engine.decide()
    assert Delivery.objects.get().state == "sending"
    Contact.objects.filter(pk=elsewhere(ann).pk).update(opted_out_at=clock())
    engine.settle()
    row = Delivery.objects.get()
    assert (row.state, row.reason, receiver.requests) == ("skipped", "reply_window_closed", [])


def test_whoever_leaves_where_it_reached_them_is_out_of_the_sequence(
    ann: Contact, receiver: ReceiverDouble, engine: Engine, clock: Clock
) -> None:
    """By a link of a mail, or by a button: what says "leave this sequence" there means the one that sent it."""
    steps = texts(ann.workspace, "One", **ALSO) + texts(ann.workspace, "Two", **{**ALSO, **hours(1)})
    sequence = a_sequence(ann.workspace, steps)
    enter(sequence, ann, now=clock())
    other = elsewhere(ann)
    assert not inside(sequence, other).exists()
    engine.settle()
    assert inside(sequence, other).exists()
    leave(sequence, other, now=clock(), actor=SYSTEM)
    engine.travel(hours=2)
    assert (how_it_ended(ann), len(receiver.seen)) == (("stopped", "unsubscribed"), 1)


@pytest.mark.parametrize("lives_there", [True, False])
def test_what_was_done_before_it_was_refused_here_keeps_nothing_from_going_there(
    page: Channel, ann: Contact, graph: GraphDouble, engine: Engine, clock: Clock, lives_there: bool
) -> None:
    """A tag, then a text that Messenger refuses; there the sub-flow goes on, or the provider's own, which begins."""
    with UChatDouble() as uchat:
        uchat.sub_flows["f190385s1"] = "Coupon"
        settings = {"base_url": uchat.base_url, "sends_per_second": 1000}
        channel = a_channel(page.workspace, "uchat", UCHAT, settings=settings)
        link(ann, a_contact(channel, UCHAT_ANN, last_interaction_at=clock()))
        Contact.objects.filter(pk=ann.pk).update(last_interaction_at=clock())
        blocks = [{"type": "action", "action": "add_tag", "tag": "told"}, {"type": "text", "text": "One"}]
        sub_flow = a_sub_flow(page.workspace, blocks=blocks)
        if lives_there:
            SubFlow.objects.filter(pk=sub_flow.pk).update(external_channel=channel, external_reference="f190385s1")
        enter(a_sequence(page.workspace, [{"sub_flow": sub_flow, "fall_back_to": "uchat"}]), ann, now=clock())
        graph.fault("error", error={"code": 10, "error_subcode": 2018278, "message": "outside of allowed window"})
        engine.settle()
    row = Delivery.objects.get()
    assert (row.state, row.reason, row.reason_details, row.channel_id) == ("sent", "", {}, channel.pk)
    [taken] = uchat.accepted
    assert (taken.get("sub_flow_ns"), taken.get("content")) == (("f190385s1", None) if lives_there else (None, "One"))
    ann.refresh_from_db()
    assert ann.tags == ["told"]
