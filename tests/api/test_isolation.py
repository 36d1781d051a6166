"""A key sees and touches its own workspace only: ids in the path, in a body, in a filter, and names."""

from __future__ import annotations

from typing import Any

import pytest

from sequencer.workspaces.actor import SYSTEM
from sequencer.workspaces.models import Workspace
from sequences.actions.subscribe import subscribe
from sequences.models import Delivery
from tests.api.calling import Program
from tests.builders import LONG_AGO, a_channel, a_contact, a_sequence, a_sub_flow, a_workspace

PATHS = ("sequences", "sub-flows", "channels", "contacts", "subscriptions", "deliveries")


@pytest.fixture
def theirs(workspace: Workspace) -> dict[str, Any]:
    """One of everything in a workspace that is not ours, by the path it lives under."""
    other = a_workspace("Florist")
    channel, sub_flow = a_channel(other), a_sub_flow(other)
    sequence, cleo = a_sequence(other, name="Secret", steps=[{"sub_flow": sub_flow}]), a_contact(channel, "cleo")
    (done,) = subscribe(sequence, [cleo], now=LONG_AGO, actor=SYSTEM)
    assert done.subscription
    delivery = Delivery.objects.create(
        workspace=other,
        subscription=done.subscription,
        step=sequence.steps.get(),
        contact=cleo,
        channel=channel,
        state="sent",
        due_at=LONG_AGO,
        decided_at=LONG_AGO,
    )
    rows = (sequence, sub_flow, channel, cleo, done.subscription, delivery)
    return dict(zip(PATHS, rows, strict=True))


@pytest.mark.parametrize("path", PATHS)
def test_what_is_not_ours_is_not_there(program: Program, theirs: dict[str, Any], path: str) -> None:
    assert program.get(f"{path}/").json()["results"] == []
    missing = program.get(f"{path}/{theirs[path].public_id}/")
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
    changed = program.patch(f"{path}/{theirs[path].public_id}/", {"name": "mine now", "state": "paused"})
    assert changed.status_code == (405 if path == "deliveries" else 404)


def test_a_filter_by_what_is_not_ours_finds_nothing(program: Program, theirs: dict[str, Any]) -> None:
    for path, name, of in [
        ("contacts", "channel", "channels"),
        ("subscriptions", "sequence", "sequences"),
        ("subscriptions", "contact", "contacts"),
        ("deliveries", "subscription", "subscriptions"),
        ("deliveries", "contact", "contacts"),
        ("deliveries", "sequence", "sequences"),
    ]:
        assert program.get(f"{path}/", **{name: theirs[of].public_id}).json()["results"] == []


def test_what_is_not_ours_in_a_body_is_refused_on_its_field(
    program: Program, workspace: Workspace, theirs: dict[str, Any]
) -> None:
    ids = {path: row.public_id for path, row in theirs.items()}
    mine, ann = a_sequence(workspace), a_contact(a_channel(workspace), "ann")
    ours, known = mine.public_id, {"id": ann.public_id}
    step = theirs["sequences"].steps.get()
    hello = {"type": "text", "text": "Hi"}
    action = {"type": "action", "action": "subscribe", "sequence": ids["sequences"]}
    subscribing = "actions/subscribe-to-sequence/"
    table: list[tuple[str, dict[str, Any], str]] = [
        ("sequences/", {"name": "A", "steps": [{"sub_flow": ids["sub-flows"]}]}, "steps.0.sub_flow"),
        ("sequences/", {"name": "A", "channels": [ids["channels"]]}, "channels"),
        ("sub-flows/", {"name": "A", "blocks": [hello, action]}, "blocks.1.sequence"),
        ("sub-flows/", {"name": "A", "external": {"channel": ids["channels"], "reference": "x"}}, "external.channel"),
        ("contacts/", {"channel": ids["channels"], "address": "ann"}, "channel"),
        (subscribing, {"sequence": ids["sequences"], "contact": known}, "sequence"),
        (subscribing, {"sequence": "Secret", "contact": known}, "sequence"),
        (subscribing, {"sequence": ours, "contact": {"id": ids["contacts"]}}, "contact.id"),
        (subscribing, {"sequence": ours, "contact": {"channel": ids["channels"], "address": "a"}}, "contact.channel"),
        ("actions/unsubscribe-from-sequence/", {"sequence": ours, "contact": {"id": ids["contacts"]}}, "contact.id"),
        ("interactions/", {"contact": {"id": ids["contacts"]}, "kind": "message"}, "contact.id"),
        ("preview/", {"sequence": ids["sequences"]}, "sequence"),
        ("preview/", {"steps": [{"sub_flow": ids["sub-flows"]}]}, "steps.0.sub_flow"),
        ("preview/", {"steps": [], "contact": {"id": ids["contacts"]}}, "contact.id"),
    ]
    for path, body, field in table:
        assert program.refused(program.post(path, body)) == [(field, "not_found")], (path, body)
    steps = {"steps": [{"id": step.public_id, "sub_flow": a_sub_flow(workspace).public_id}]}
    assert program.refused(program.patch(f"sequences/{ours}/", steps)) == [("steps.0.id", "not_found")]


def test_the_same_names_and_addresses_live_beside_each_other(
    program: Program, workspace: Workspace, theirs: dict[str, Any]
) -> None:
    channel = a_channel(workspace)
    assert program.post("sequences/", {"name": "Secret"}).status_code == 201
    body = {"sequence": "Secret", "contact": {"channel": channel.public_id, "address": "cleo"}}
    answer = program.post("actions/subscribe-to-sequence/", body).json()
    assert answer["subscription"]["contact"] != theirs["contacts"].public_id
