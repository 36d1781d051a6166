"""The channel's trouble, the account's trouble, the message's trouble: kept apart, nothing lost, nothing doubled."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, time, timedelta

import pytest
from django.core import mail

from channels.actions.pause_channel import resume_channel
from channels.models import Channel, Contact
from channels.notices import tell_owners
from sequencer.workspaces.actor import SYSTEM
from sequencer.workspaces.models import Role
from sequences.models import Delivery
from tests.actions.cast import a_page, delivery_of, enter, people_of, states_of, subscription_of, texts
from tests.builders import a_contact, a_member, a_sequence, a_sub_flow, a_workspace
from tests.doubles.graph import GraphDouble
from tests.engine import MONDAY_NOON, Clock, Engine

pytestmark = pytest.mark.django_db

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def page(graph: GraphDouble) -> Channel:
    return a_page(graph, a_workspace())


def a_crowd(page: Channel, clock: Clock, count: int = 12) -> list[Contact]:
    """People who wrote just now, each in a sequence whose message is due."""
    people = people_of(page, count, last_interaction_at=clock())
    enter(a_sequence(page.workspace), *people, now=clock())
    return people


def heard_once_by_each(graph: GraphDouble, people: list[Contact]) -> bool:
    return Counter(seen.recipient for seen in graph.accepted) == Counter(person.address for person in people)


def attempts_of(people: list[Contact]) -> set[tuple[str, int]]:
    """What the ledger says of them; each of them stands in it."""
    told = Delivery.objects.filter(contact__in=people).values_list("contact", "state", "attempts")
    assert sorted(row[0] for row in told) == sorted(person.pk for person in people)
    return {row[1:] for row in told}


def next_moment(person: Contact) -> datetime:
    moment = subscription_of(person).next_send_at
    assert moment is not None
    return moment


def test_a_refused_connection_is_the_channels_trouble(engine: Engine, clock: Clock, graph: GraphDouble, page: Channel):
    graph.fault("refuse")
    people = a_crowd(page, clock)
    engine.settle()
    page.refresh_from_db()
    assert (page.trouble_rounds, page.trouble_until) == (1, clock() + SECOND)
    assert attempts_of(people) == {("waiting", 0)}
    for _ in range(300):
        engine.travel(seconds=2)
    page.refresh_from_db()
    assert page.trouble_until is not None
    assert page.trouble_until - clock() <= MINUTE  # the growing pauses end at 60 s
    assert attempts_of(people) == {("waiting", 0)}
    graph.heal()
    graph.rules.knows_everybody = True
    engine.travel(minutes=1)
    engine.settle()
    assert heard_once_by_each(graph, people)
    assert attempts_of(people) == {("sent", 1)}
    recovered = Channel.objects.get(pk=page.pk)
    assert (recovered.trouble_rounds, recovered.trouble_until, recovered.failing) == (0, None, [])


def test_the_other_channels_go_on(engine: Engine, clock: Clock, page: Channel, graph: GraphDouble) -> None:
    with GraphDouble() as healthy:
        healthy.rules.clock, healthy.rules.knows_everybody = clock, True
        other = a_page(healthy, page.workspace)
        graph.fault("refuse")
        a_crowd(page, clock)
        lucky = a_crowd(other, clock)
        engine.settle()
        assert heard_once_by_each(healthy, lucky)


def test_five_people_with_server_errors_are_the_channels_trouble(
    engine: Engine, clock: Clock, graph: GraphDouble, page: Channel
) -> None:
    """Attempts are given back, one message probes, and after the recovery each was heard once."""
    graph.fault("structured_500")
    people = a_crowd(page, clock)
    engine.settle()
    page.refresh_from_db()
    assert page.trouble_rounds >= 1
    assert attempts_of(people) == {("waiting", 0)}
    tried = len(graph.requests)
    engine.travel(seconds=1)
    assert len(graph.requests) == tried + 1  # the probe
    page.refresh_from_db()
    assert (page.trouble_rounds, page.trouble_until) == (2, clock() + 2 * SECOND)
    graph.heal()
    engine.travel(seconds=2)
    assert heard_once_by_each(graph, people)
    assert attempts_of(people) == {("sent", 1)}


def test_four_people_with_server_errors_are_not(engine: Engine, clock: Clock, graph: GraphDouble, page: Channel):
    unlucky = a_crowd(page, clock, 4)
    graph.fault("structured_500", times=4)
    engine.settle()
    page.refresh_from_db()
    assert (page.trouble_rounds, len(page.failing)) == (0, 4)
    assert attempts_of(unlucky) == {("waiting", 1)}
    assert {subscription_of(person).next_because for person in unlucky} == {"retry"}
    engine.travel(minutes=2)
    assert heard_once_by_each(graph, unlucky)
    assert attempts_of(unlucky) == {("sent", 2)}


def test_a_given_back_attempt_waits_for_its_window(
    engine: Engine, clock: Clock, graph: GraphDouble, page: Channel
) -> None:
    """Its window closed between its failure and the trouble: it is due at the next opening, not now."""
    clock.now = MONDAY_NOON.replace(hour=17, minute=59)
    ann = a_contact(page, last_interaction_at=clock())
    until_six = {"window_start": time(9), "window_end": time(18)}
    enter(a_sequence(page.workspace, texts(page.workspace, "Office", **until_six)), ann, now=clock())
    graph.fault("structured_500")
    engine.settle()
    clock.forward(minutes=5)
    others = a_crowd(page, clock, 4)
    engine.settle()
    assert delivery_of(ann).attempts == 0
    assert subscription_of(ann).next_send_at == datetime(2026, 11, 24, 9, tzinfo=UTC)
    graph.heal()
    engine.travel(minutes=1)
    assert heard_once_by_each(graph, others)


def test_retry_after_is_obeyed_whatever_else_is_answered(
    engine: Engine, clock: Clock, graph: GraphDouble, page: Channel
) -> None:
    """The provider's word stands, also when requests that were on their way beside the refused one succeed."""
    people = a_crowd(page, clock)
    graph.fault("429", times=1, seconds=300)
    engine.settle()
    page.refresh_from_db()
    assert page.trouble_until == clock() + timedelta(seconds=300)
    told = len(graph.requests)
    engine.travel(seconds=299)
    assert len(graph.requests) == told
    engine.travel(seconds=1)
    assert heard_once_by_each(graph, people)
    assert attempts_of(people) == {("sent", 1)}


def test_the_wait_named_in_metas_usage_header_is_obeyed(
    engine: Engine, clock: Clock, graph: GraphDouble, page: Channel
) -> None:
    graph.rules.limited_for_minutes = 7
    people = a_crowd(page, clock, 3)
    engine.settle()
    page.refresh_from_db()
    assert page.trouble_until == clock() + 7 * MINUTE
    assert attempts_of(people) == {("waiting", 0)}


def test_refused_credentials_pause_only_their_channel(
    engine: Engine, clock: Clock, graph: GraphDouble, page: Channel
) -> None:
    graph.rules.expired_tokens = {"page-token"}
    other = a_page(graph, page.workspace, token="another-token")
    people, lucky = a_crowd(page, clock), a_crowd(other, clock)
    engine.settle()
    page.refresh_from_db()
    assert (page.state, page.paused_because, page.paused_at) == ("paused", "credentials_refused", clock())
    assert attempts_of(people) == {("waiting", 0)}
    assert attempts_of(lucky) == {("sent", 1)}
    tried = len(graph.requests)
    engine.travel(hours=1)
    assert len(graph.requests) == tried  # nothing burns through the queue
    graph.rules.expired_tokens = set()
    resume_channel(page, now=clock(), actor=SYSTEM)
    engine.settle()
    assert heard_once_by_each(graph, people + lucky)
    assert attempts_of(people) == {("sent", 1)}


def test_the_owners_are_told_once_by_e_mail(engine: Engine, clock: Clock, graph: GraphDouble, page: Channel) -> None:
    owner = a_member(page.workspace)
    a_member(page.workspace, Role.EDITOR)
    a_member(a_workspace())
    graph.rules.expired_tokens = {"page-token"}
    a_crowd(page, clock)
    engine.settle()
    assert [tell_owners(now=clock()) for _ in range(3)] == [1, 0, 0]
    assert [message.to for message in mail.outbox] == [[owner.email]]
    assert page.name in mail.outbox[0].subject
    resume_channel(page, now=clock(), actor=SYSTEM)
    engine.settle()
    assert (tell_owners(now=clock()), len(mail.outbox)) == (1, 2)  # it paused itself again: they hear again


def test_after_six_attempts_the_sequence_goes_on(engine: Engine, clock: Clock, graph: GraphDouble, page: Channel):
    ann = a_contact(page, last_interaction_at=clock())
    graph.fault("structured_500", times=6)
    steps = [{}, {"delay_unit": "hours", "delay_amount": 1}]
    enter(a_sequence(page.workspace, steps), ann, now=clock())
    engine.settle()
    waits = []
    while subscription_of(ann).next_because == "retry":
        waits.append(next_moment(ann) - clock())
        Contact.objects.filter(pk=ann.pk).update(last_interaction_at=next_moment(ann))
        graph.person(ann.address, last_interaction_at=next_moment(ann))
        engine.travel_to(next_moment(ann))
    assert states_of(ann) == [("failed", "attempts_exhausted")]
    assert delivery_of(ann).attempts == 6
    assert len(waits) == 5
    assert all(30 * SECOND <= wait <= 6 * HOUR for wait in waits)
    assert next_moment(ann) == clock() + HOUR  # the next one's countdown starts when this one was given up
    engine.travel(hours=1)
    assert states_of(ann) == [("failed", "attempts_exhausted"), ("sent", "")]


@pytest.mark.parametrize("fault", ["reset", "bare_502", "bare_504", "invalid_json", "empty", "huge"])
def test_an_unknown_outcome_is_never_sent_again(
    fault: str, engine: Engine, clock: Clock, graph: GraphDouble, page: Channel
) -> None:
    """The provider took it, and the answer was lost: a person has to look; the sequence goes on."""
    ann = a_contact(page, last_interaction_at=clock())
    graph.fault(fault, times=1)
    workspace = page.workspace
    enter(a_sequence(workspace, texts(workspace, "One", "Two")), ann, now=clock())
    engine.settle()
    engine.travel(hours=12)
    assert states_of(ann) == [("unknown", "outcome_unknown"), ("sent", "")]
    assert [seen.body["message"]["text"] for seen in graph.requests] == ["One", "Two"]


def test_a_refused_part_is_not_the_begin_of_another_try(
    engine: Engine, clock: Clock, graph: GraphDouble, page: Channel
) -> None:
    """A fault on the second message of a sub-flow: the first one is not sent again."""
    ann = a_contact(page, last_interaction_at=clock())
    blocks = [{"type": "text", "text": word} for word in ("One", "Two", "Three")]
    enter(a_sequence(page.workspace, [{"sub_flow": a_sub_flow(page.workspace, blocks=blocks)}]), ann, now=clock())
    engine.dispatcher.turn(0)
    while len(graph.accepted) < 1:
        engine.dispatcher.turn(0.05)
    graph.fault("structured_500", times=1)
    engine.settle()
    if delivery_of(ann).state == "sent":
        pytest.fail("the fault came too late")
    waiting = delivery_of(ann)
    assert (waiting.state, waiting.parts_done, waiting.attempts) == ("waiting", 1, 1)
    engine.travel(minutes=3)
    assert [seen.body["message"]["text"] for seen in graph.accepted] == ["One", "Two", "Three"]
    assert (delivery_of(ann).state, delivery_of(ann).parts_done) == ("sent", 3)
