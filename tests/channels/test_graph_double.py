"""Messenger end to end on loopback: backend, door and a provider that keeps its rules."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any
from urllib.request import Request, urlopen

import pytest

from channels.backends import backend_for
from channels.content import Button, Buttons, Image, Message, QuickReplies, QuickReply, Template, Text
from channels.errors import (
    ChannelError,
    ChannelMisconfigured,
    ChannelTrouble,
    ContactGone,
    ContactUnreachable,
    MessageRejected,
    OutcomeUnknown,
    TemporaryFailure,
    WindowClosed,
)
from channels.messages import Account, ContentType, HttpCall, NotificationType, Outgoing, Receipt, Recipient, Route
from channels.transports import HttpDoor
from channels.transports.addresses import AddressRules
from tests.doubles.graph import GraphDouble, read_record

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
messenger = backend_for("messenger")
TAGGED: dict[str, Any] = {"route": Route.MESSAGE_TAG, "content_type": ContentType.ACCOUNT_UPDATE}
TEMPLATED: dict[str, Any] = {"route": Route.UTILITY_TEMPLATE, "content_type": ContentType.ACCOUNT_UPDATE}


@pytest.fixture
def graph() -> Iterator[GraphDouble]:
    """Ann wrote 23 hours and 59 minutes ago, bob never, cleo blocked us, dora a second more than a day ago."""
    with GraphDouble() as double:
        double.rules.clock = lambda: NOW
        double.person("ann", last_interaction_at=NOW - timedelta(hours=23, minutes=59))
        double.person("bob")
        double.person("cleo", last_interaction_at=NOW, is_blocked=True)
        double.person("dora", last_interaction_at=NOW - timedelta(hours=24, seconds=1))
        yield double


@pytest.fixture
def door() -> Iterator[HttpDoor]:
    door = HttpDoor(allow=AddressRules.parse("1"), timeout=2.0)
    yield door
    door.close()


class Page:
    """Sends one message and returns what the backend made of the answer."""

    def __init__(self, graph: GraphDouble, door: HttpDoor, **credentials: str) -> None:
        self._account = Account(
            {"page_id": "100", "page_access_token": "good", **credentials}, {"base_url": graph.base_url}
        )
        self._door = door

    def send(self, to: str, content: Message | None = None, key: str = "d1.0", **how: Any) -> Receipt:
        message = Outgoing(content or Text("hi"), key=key, **how)
        call = messenger.build(message, Recipient(to), self._account)
        assert isinstance(call, HttpCall)
        self._door.start(key, call)
        while True:
            for _, result in self._door.poll(1.0):
                return messenger.read(result, message)


@pytest.fixture
def page(graph: GraphDouble, door: HttpDoor) -> Page:
    return Page(graph, door)


@pytest.mark.parametrize(
    "content",
    [
        Text("hi"),
        Image("https://e.com/a.png"),
        Buttons("hi", (Button("Open", url="https://e.com/"), Button("Yes", payload="YES"))),
        QuickReplies("hi", (QuickReply("Yes", "YES"),)),
    ],
    ids=lambda content: type(content).__name__,
)
def test_every_content_is_taken_inside_the_window(graph: GraphDouble, page: Page, content: Message) -> None:
    receipt = page.send("ann", content, notification_type=NotificationType.SILENT_PUSH)
    assert receipt.provider_message_id.startswith("m_")
    (seen,) = graph.accepted
    assert (seen.recipient, seen.key, seen.body["notification_type"]) == ("ann", "d1.0", "SILENT_PUSH")


@pytest.mark.parametrize("person", ["bob", "dora"])
def test_outside_the_window_a_plain_message_is_refused(graph: GraphDouble, page: Page, person: str) -> None:
    with pytest.raises(WindowClosed):
        page.send(person)
    assert graph.accepted == []
    assert [seen.outcome for seen in graph.requests] == ["10-2018278"]


@pytest.mark.parametrize("person", ["ann", "bob"])
def test_the_dead_tags_are_refused_inside_and_outside(graph: GraphDouble, page: Page, person: str) -> None:
    with pytest.raises(MessageRejected):
        page.send(person, **TAGGED)
    graph.rules.takes_tags = True
    assert page.send(person, **TAGGED)


@pytest.mark.parametrize("person", ["ann", "bob"])
def test_an_approved_template_goes_at_any_time_and_no_other(graph: GraphDouble, page: Page, person: str) -> None:
    template = Template("order", "en", ("1",))
    with pytest.raises(MessageRejected):
        page.send(person, template, **TEMPLATED)
    graph.template("order", status="PENDING")
    with pytest.raises(MessageRejected):
        page.send(person, template, **TEMPLATED)
    graph.template("order")
    assert page.send(person, template, **TEMPLATED)


def test_who_blocked_us_and_who_is_unknown(page: Page) -> None:
    with pytest.raises(ContactUnreachable):
        page.send("cleo")
    with pytest.raises(ContactGone):
        page.send("nobody")


def test_tokens_and_proofs_are_checked(graph: GraphDouble, door: HttpDoor) -> None:
    graph.rules.expired_tokens.add("old")
    graph.rules.tokens.add("good")
    for token in ("old", "made-up", ""):
        with pytest.raises(ChannelMisconfigured):
            Page(graph, door, page_access_token=token).send("ann")
    graph.rules.app_secret = "s3cret"
    with pytest.raises(MessageRejected):
        Page(graph, door).send("ann")
    assert Page(graph, door, app_secret="s3cret").send("ann")


def test_a_rate_limit_says_how_long(graph: GraphDouble, page: Page) -> None:
    graph.rules.limited_for_minutes = 3
    with pytest.raises(ChannelTrouble) as caught:
        page.send("ann")
    assert caught.value.wait == timedelta(minutes=3)


@pytest.mark.parametrize(
    ("kind", "expected", "is_taken"),
    [
        ("reset", OutcomeUnknown, True),
        ("bare_502", OutcomeUnknown, True),
        ("bare_504", OutcomeUnknown, True),
        ("invalid_json", OutcomeUnknown, True),
        ("empty", OutcomeUnknown, True),
        ("huge", OutcomeUnknown, True),
        ("structured_500", TemporaryFailure, False),
        ("html_500", ChannelTrouble, False),
        ("html_403", ChannelTrouble, False),
        ("redirect", ChannelTrouble, False),
        ("429", ChannelTrouble, False),
    ],
)
def test_each_fault_means_what_it_should_and_sends_nothing_twice(
    graph: GraphDouble, page: Page, kind: str, expected: type[ChannelError], is_taken: bool
) -> None:
    page.send("ann", key="before")  # so that the faulty one travels on a reused connection
    graph.fault(kind, recipient="ann", times=1)
    with pytest.raises(ChannelError) as caught:
        page.send("ann")
    assert type(caught.value) is expected
    assert page.send("ann", key="after")
    assert [seen.key for seen in graph.requests] == ["before", "d1.0", "after"]
    assert [seen.key for seen in graph.accepted] == ["before", *(["d1.0"] if is_taken else []), "after"]


def test_a_provider_slower_than_the_timeout_leaves_the_outcome_unknown(graph: GraphDouble, page: Page) -> None:
    graph.fault("slow", seconds=3.0)
    with pytest.raises(OutcomeUnknown):
        page.send("ann")
    assert len(graph.accepted) == 1


def test_retry_after_is_read_and_a_chosen_error_too(graph: GraphDouble, page: Page) -> None:
    graph.fault("429", times=1, seconds=12)
    with pytest.raises(ChannelTrouble) as caught:
        page.send("ann")
    assert caught.value.wait == timedelta(seconds=12)
    graph.fault("error", times=1, error={"code": 368}, status=403)
    with pytest.raises(ChannelMisconfigured):
        page.send("ann")


def test_a_provider_that_is_down_refuses_and_comes_back_at_the_same_place(graph: GraphDouble, page: Page) -> None:
    assert page.send("ann", key="before")
    graph.fault("refuse")
    with pytest.raises(ChannelTrouble):
        page.send("ann")
    graph.heal()
    assert page.send("ann", key="after")
    assert [seen.key for seen in graph.accepted] == ["before", "after"]


def test_a_double_of_its_own_process_is_steered_over_http(door: HttpDoor, tmp_path: Path) -> None:
    record = tmp_path / "sent.jsonl"
    command = [sys.executable, "-m", "tests.doubles.graph", "--latency", "0.05", "--record", str(record)]
    with Popen(command, stdout=PIPE, text=True) as process:
        assert process.stdout is not None
        base_url = process.stdout.readline().strip()
        wrote_at = datetime.now(UTC).isoformat()
        assert ask(base_url, "people", {"eve": {"last_interaction_at": wrote_at}, "fred": {}}) == {}
        assert ask(base_url, "faults", {"kind": "reset", "recipient": "eve", "times": 1}) == {}
        account = Account({"page_id": "1", "page_access_token": "t"}, {"base_url": base_url})
        for number, person in enumerate(["eve", "eve", "fred"]):
            message = Outgoing(Text("hi"), key=f"d{number}.0")
            call = messenger.build(message, Recipient(person), account)
            assert isinstance(call, HttpCall)
            door.start(number, call)
            while door.in_flight:
                door.poll(1.0)
        accepted = ask(base_url, "accepted")
        process.kill()
    assert [seen["key"] for seen in accepted] == ["d0.0", "d1.0"]
    assert [(seen.key, seen.outcome) for seen in read_record(record)] == [
        ("d0.0", "accepted"),
        ("d1.0", "accepted"),
        ("d2.0", "10-2018278"),
    ]


def ask(base_url: str, name: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request(f"{base_url}/_double/{name}", data=data), timeout=5) as answer:  # noqa: S310
        return json.load(answer)
