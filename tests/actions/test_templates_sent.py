"""After 24 hours: the approved template of the channel goes, and nothing that would be refused is tried."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from channels.actions.refresh_templates import refresh_templates
from channels.models import Channel, Contact, MessageTemplate
from sequencer.workspaces.actor import SYSTEM
from tests.actions.cast import a_page, enter, states_of
from tests.builders import a_contact, a_sequence, a_sub_flow, a_workspace
from tests.doubles.graph import GraphDouble
from tests.engine import Clock, Engine

pytestmark = pytest.mark.django_db

NO_WAY = [("skipped", "no_utility_template")]
SENT = [("sent", "")]


def bound(*parameters: str, name: str = "order") -> dict[str, Any]:
    return {"name": name, "language": "en", "parameters": list(parameters)}


def send_to_ann(page: Channel, clock: Clock, engine: Engine, graph: GraphDouble, template: dict[str, Any]) -> Contact:
    """Ann's 24 hours are long over."""
    ann = a_contact(page, "ann", first_name="Ann", last_interaction_at=clock() - timedelta(days=3))
    graph.person("ann", last_interaction_at=ann.last_interaction_at)
    step = {"sub_flow": a_sub_flow(page.workspace, utility_template=template), "content_type": "post_purchase_update"}
    enter(a_sequence(page.workspace, [step]), ann, now=clock())
    engine.settle()
    return ann


@pytest.mark.parametrize(
    ("kept", "parameters", "expected"),
    [
        ({"body": "Order {{1}}"}, ["7"], SENT),
        ({"body": "Order"}, [], SENT),
        ({"body": "{{person}}: {{order}}", "parameter_format": "NAMED"}, ["Ann", "7"], SENT),
        ({"body": "Order {{1}}", "header": "{{1}} news"}, ["Good", "7"], SENT),
        ({"body": "x", "buttons": [{"type": "URL", "text": "Go", "url": "https://e.com/{{1}}"}]}, ["7"], SENT),
        ({"body": "Order {{1}}", "status": "PENDING"}, ["7"], NO_WAY),
        ({"body": "Order {{1}}", "status": "REJECTED"}, ["7"], NO_WAY),
        ({"body": "Order {{1}}", "status": "PAUSED"}, ["7"], NO_WAY),
        ({"body": "Order {{1}} {{2}}"}, ["7"], NO_WAY),  # Meta changed the template meanwhile
        ({"body": "Order {{1}}", "language": "fr"}, ["7"], NO_WAY),
        (None, ["7"], NO_WAY),
    ],
    ids=["counted", "plain", "named", "header", "button", "pending", "rejected", "paused", "count", "language", "none"],
)
def test_only_what_the_page_has_approved_leaves(
    engine: Engine, clock: Clock, graph: GraphDouble, kept: Any, parameters: list[str], expected: Any
) -> None:
    if kept is not None:
        graph.template(**{"name": "order", **kept})
    page = a_page(graph, a_workspace())
    refresh_templates(page, now=clock(), actor=SYSTEM)
    ann = send_to_ann(page, clock, engine, graph, bound(*parameters))
    assert states_of(ann) == expected
    assert [seen.outcome for seen in graph.requests] == (["accepted"] if expected == SENT else [])


def test_where_no_list_was_read_what_was_typed_is_tried(engine: Engine, clock: Clock, graph: GraphDouble) -> None:
    graph.template("order")
    ann = send_to_ann(a_page(graph, a_workspace()), clock, engine, graph, bound("7"))
    assert states_of(ann) == SENT


def test_two_pages_judge_the_same_sub_flow_by_their_own_lists(engine: Engine, clock: Clock, graph: GraphDouble) -> None:
    graph.template("order", body="Order {{1}}")
    workspace = a_workspace()
    has, has_not = a_page(graph, workspace), a_page(graph, workspace)
    for page in (has, has_not):
        refresh_templates(page, now=clock(), actor=SYSTEM)
    MessageTemplate.objects.filter(channel=has_not).delete()
    sub_flow = a_sub_flow(workspace, utility_template=bound("7"))
    sequence = a_sequence(workspace, [{"sub_flow": sub_flow, "content_type": "account_update"}])
    ann, bob = a_contact(has, "ann"), a_contact(has_not, "bob")
    for person in ("ann", "bob"):
        graph.person(person)
    enter(sequence, ann, bob, now=clock())
    engine.settle()
    assert (states_of(ann), states_of(bob)) == (SENT, NO_WAY)


def test_a_template_approved_later_frees_nobody_but_the_next(engine: Engine, clock: Clock, graph: GraphDouble) -> None:
    """What was passed over is history; the list as it is now decides the message that is due now."""
    graph.template("order", body="Order {{1}}", status="PENDING")
    page = a_page(graph, a_workspace())
    refresh_templates(page, now=clock(), actor=SYSTEM)
    assert states_of(send_to_ann(page, clock, engine, graph, bound("7"))) == NO_WAY
    graph.template("order", status="APPROVED")
    refresh_templates(page, now=clock(), actor=SYSTEM)
    bob = a_contact(page, "bob")
    graph.person("bob")
    step = {"sub_flow": a_sub_flow(page.workspace, utility_template=bound("7")), "content_type": "account_update"}
    enter(a_sequence(page.workspace, [step]), bob, now=clock())
    engine.settle()
    assert states_of(bob) == SENT


def test_reading_the_templates_costs_a_wave_one_query(engine: Engine, clock: Clock, graph: GraphDouble) -> None:
    graph.template("order", body="Order {{1}}")
    page = a_page(graph, a_workspace())
    refresh_templates(page, now=clock(), actor=SYSTEM)
    step = {"sub_flow": a_sub_flow(page.workspace, utility_template=bound("7")), "content_type": "account_update"}
    people = [a_contact(page) for _ in range(40)]
    for person in people:
        graph.person(person.address)
    enter(a_sequence(page.workspace, [step, step]), *people, now=clock())
    with CaptureQueriesContext(connection) as captured:
        engine.settle()
    asked = [query for query in captured if 'FROM "channels_messagetemplate"' in query["sql"]]
    assert len(graph.accepted) == 80
    # One for each of the two steps: everybody is due at the same moments.
    assert len(asked) == 2
