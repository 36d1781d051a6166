"""The table of all outcomes through the real engine: what the provider heard, what is written down, who goes on.

Rules decide it, so each database plays one channel's table.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from channels.models import Channel, Contact, SandboxMessage
from sequencer.workspaces.models import Workspace
from sequences.models import Delivery, Sequence, Subscription
from tests.actions.cast import a_page, enter, steps_in
from tests.builders import a_channel, a_contact, a_sequence, a_sub_flow, a_workspace
from tests.doubles.graph import GraphDouble
from tests.engine import Clock, Engine
from tests.outcome_table import CHOICES, CONTENT_TYPES, SETTINGS, TAGS, WROTE, expected_outcome

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
TEMPLATE = {"name": "event_reminder", "language": "en", "parameters": ["{{ first_name }}"]}


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table, and the person who stands for it."""

    person: Contact
    sequence: Sequence
    content_type: str
    expected: str

    @property
    def subscription(self) -> Subscription:
        return Subscription.objects.get(contact=self.person)

    @property
    def deliveries(self) -> list[Delivery]:
        return list(Delivery.objects.filter(contact=self.person))


def the_rows(channel: Channel, setting: str, clock: Clock) -> Iterator[Row]:
    """All 48 rows of one setting: 4 content types x 4 last interactions x 3 choices, each with a person in it."""
    _, has_template = SETTINGS[setting]
    template = TEMPLATE if has_template else None
    for content_type, choice in product(CONTENT_TYPES, CHOICES):
        sequence = a_two_step_sequence(channel.workspace, template, content_type, choice)
        for wrote, ago in WROTE.items():
            at = None if ago is None else clock() - ago
            person = a_contact(channel, first_name="Ann", last_interaction_at=at)
            enter(sequence, person, now=clock())
            yield Row(person, sequence, content_type, expected_outcome(content_type, wrote, setting, choice))


def a_two_step_sequence(workspace: Workspace, template: Any, content_type: str, choice: str) -> Sequence:
    first = {
        "sub_flow": a_sub_flow(workspace, utility_template=template),
        "content_type": content_type,
        "outside_reply_window": choice,
        "notification_type": "silent_push",
    }
    return a_sequence(workspace, [first, {"delay_unit": "hours", "delay_amount": 1}])


@pytest.mark.once("postgresql")
@pytest.mark.parametrize("setting", SETTINGS)
def test_messenger_hears_what_the_table_says(setting: str, engine: Engine, clock: Clock, graph: GraphDouble) -> None:
    graph.rules.takes_tags = True  # as before 2026-04-27, and as gateways still do
    graph.template("event_reminder")
    page = a_page(graph, a_workspace(), after_24_hours=SETTINGS[setting][0])
    rows = list(the_rows(page, setting, clock))
    for row in rows:
        graph.person(row.person.address, last_interaction_at=row.person.last_interaction_at)
    engine.settle()
    for row in rows:
        heard = [seen for seen in graph.requests if seen.recipient == row.person.address]
        if row.expected.startswith(("skip", "hold", "stop")):
            assert heard == []
        else:
            [seen] = heard
            assert seen.outcome == "accepted", row
            assert how_it_travelled(seen.body) == how_it_should_travel(row)
            assert seen.body["notification_type"] == "SILENT_PUSH"
        check_what_is_written(row, clock)
    assert len(rows) == 48


def how_it_travelled(body: dict[str, Any]) -> tuple[Any, Any, Any]:
    return body["messaging_type"], body.get("tag"), body["message"].get("template") or body["message"]["text"]


def how_it_should_travel(row: Row) -> tuple[Any, Any, Any]:
    match row.expected:
        case "message":
            return "UPDATE", None, "Hello!"
        case "message_tag":
            return "MESSAGE_TAG", TAGS[row.content_type], "Hello!"
    parameters = [{"type": "body", "parameters": [{"type": "text", "text": "Ann"}]}]
    return "UTILITY", None, {"name": "event_reminder", "language": {"code": "en"}, "components": parameters}


@pytest.mark.once("sqlite")
@pytest.mark.parametrize("setting", SETTINGS)
def test_the_sandbox_shows_what_the_table_says(setting: str, engine: Engine, clock: Clock) -> None:
    sandbox = a_channel(a_workspace(), settings={"after_24_hours": SETTINGS[setting][0]})
    rows = list(the_rows(sandbox, setting, clock))
    engine.settle()
    for row in rows:
        routes = [shown.content["route"] for shown in SandboxMessage.objects.filter(contact=row.person)]
        assert routes == ([] if row.expected.startswith(("skip", "hold", "stop")) else [row.expected])
        check_what_is_written(row, clock)


def check_what_is_written(row: Row, clock: Clock) -> None:
    """The delivery's state, reason and route; then whether the person goes on, waits or is out."""
    subscription, deliveries = row.subscription, row.deliveries
    first, second = steps_in(row.sequence)
    goes_on = ("active", "", second.pk, clock() + HOUR, "countdown")
    waits = ("active", "", first.pk, None, "reply_window_closed")
    is_out = ("stopped", "stopped_by_step", None, None, "")
    stands = (
        subscription.state,
        subscription.ended_because,
        subscription.next_step_id,
        subscription.next_send_at,
        subscription.next_because,
    )
    written = [(delivery.state, delivery.reason, delivery.route, delivery.attempts) for delivery in deliveries]
    match row.expected.split():
        case [route]:
            assert (written, stands) == ([("sent", "", route, 1)], goes_on)
        case ["skip", reason]:
            assert (written, stands) == ([("skipped", reason, "", 0)], goes_on)
        case ["hold", _]:
            assert (written, stands) == ([], waits)
        case ["stop", reason]:
            assert (written, stands) == ([("skipped", reason, "", 0)], is_out)
            assert subscription.ended_at == clock()


def test_a_switched_off_window_never_needs_a_tag(engine: Engine, clock: Clock) -> None:
    sandbox = a_channel(a_workspace(), settings={"reply_window": False})
    rows = list(the_rows(sandbox, "message_tag", clock))
    engine.settle()
    routes = {shown.content["route"] for shown in SandboxMessage.objects.filter(channel=sandbox)}
    assert (routes, SandboxMessage.objects.count()) == ({"message"}, len(rows))


def test_the_default_on_messenger_is_the_utility_template(engine: Engine, clock: Clock, graph: GraphDouble) -> None:
    graph.template("event_reminder")
    page = a_page(graph, a_workspace())
    sequence = a_two_step_sequence(page.workspace, TEMPLATE, "account_update", "skip")
    bob = a_contact(page, "bob")
    graph.person("bob")
    enter(sequence, bob, now=clock())
    engine.settle()
    assert [seen.body["messaging_type"] for seen in graph.accepted] == ["UTILITY"]


@pytest.mark.once("sqlite")
@pytest.mark.parametrize("setting", [name for name in SETTINGS if name != "message_tag"])
def test_by_metas_rules_of_today_not_one_request_carries_a_tag(
    setting: str, engine: Engine, clock: Clock, graph: GraphDouble
) -> None:
    """The double refuses the dead tags, also inside the window: whatever left was taken."""
    graph.template("event_reminder")
    page = a_page(graph, a_workspace(), after_24_hours=SETTINGS[setting][0])
    rows = list(the_rows(page, setting, clock))
    for row in rows:
        graph.person(row.person.address, last_interaction_at=row.person.last_interaction_at)
    engine.settle()
    goes = [row for row in rows if not row.expected.startswith(("skip", "hold", "stop"))]
    assert {seen.outcome for seen in graph.requests} == {"accepted"}
    assert len(graph.requests) == len(goes) > 20
    assert not [seen for seen in graph.requests if "tag" in seen.body or seen.body["messaging_type"] == "MESSAGE_TAG"]


def test_a_dead_tag_is_tried_once_by_whoever_chose_it_and_only_outside_the_window(
    engine: Engine, clock: Clock, graph: GraphDouble
) -> None:
    page = a_page(graph, a_workspace(), after_24_hours="message_tag")
    rows = list(the_rows(page, "message_tag", clock))
    for row in rows:
        graph.person(row.person.address, last_interaction_at=row.person.last_interaction_at)
    engine.settle()
    tagged = {row.person.address for row in rows if row.expected == "message_tag"}
    refused = [seen for seen in graph.requests if seen.outcome != "accepted"]
    assert {seen.recipient for seen in refused} == tagged
    assert len(refused) == len(tagged) == 18
    assert {seen.body["tag"] for seen in refused} == set(TAGS.values())
    assert not [seen for seen in graph.accepted if "tag" in seen.body]
    for row in rows:
        if row.expected == "message_tag":
            assert [(one.state, one.reason, one.attempts) for one in row.deliveries] == [
                ("failed", "content_rejected", 1)
            ]
            assert row.subscription.state == "active"
