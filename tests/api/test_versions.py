"""Sequences and sub-flows by programs: copies, putting away, and two who change the same thing."""

from __future__ import annotations

from typing import Any

import pytest

from sequencer.workspaces.models import Workspace
from tests.api.calling import Program
from tests.builders import a_sequence, a_sub_flow


def patch(program: Program, path: str, body: dict[str, Any], version: str) -> Any:
    headers = {"if-match": version}
    return program.client.patch(f"/api/v1/{path}", body, content_type="application/json", headers=headers)


@pytest.mark.parametrize("kind", ["sequences", "sub-flows"])
def test_whoever_changes_what_somebody_changed_meanwhile_is_told_so(
    kind: str, program: Program, workspace: Workspace
) -> None:
    row = a_sequence(workspace) if kind == "sequences" else a_sub_flow(workspace)
    path = f"{kind}/{row.public_id}/"
    read = program.get(path)["ETag"]
    first = patch(program, path, {"name": "First"}, read)
    assert (first.status_code, first["ETag"] == read) == (200, False)
    second = patch(program, path, {"name": "Second"}, read)
    assert (second.status_code, second.json()["code"]) == (412, "changed_meanwhile")
    assert second["Content-Type"] == "application/problem+json"
    assert program.get(path).json()["name"] == "First"
    for version in (first["ETag"], "*"):
        assert patch(program, path, {"name": f"Third {version}"}, version).status_code == 200


def test_without_a_version_each_changes_what_they_name_and_no_more(program: Program, workspace: Workspace) -> None:
    path = f"sequences/{a_sequence(workspace, [{}, {}], name='Old').public_id}/"
    steps = program.get(path).json()["steps"]
    program.patch(path, {"name": "New"})
    after = program.patch(path, {"steps": steps[::-1]}).json()
    assert (after["name"], after["steps"]) == ("New", steps[::-1])


def test_a_copy_of_a_sequence_is_a_draft_with_steps_of_its_own(program: Program, workspace: Workspace) -> None:
    row = a_sequence(workspace, [{"name": "Hi"}], name="Welcome")
    made = program.post(f"sequences/{row.public_id}/duplicate/", key="k")
    assert made.json() == program.post(f"sequences/{row.public_id}/duplicate/", key="k").json()
    copy, before = made.json(), program.get(f"sequences/{row.public_id}/").json()
    assert (made.status_code, copy["state"], copy["name"]) == (201, "draft", "Welcome (copy 1)")
    assert copy["steps"][0]["id"] != before["steps"][0]["id"]
    assert [{**step, "id": ""} for step in copy["steps"]] == [{**step, "id": ""} for step in before["steps"]]


def test_a_sub_flow_is_copied_and_put_away_once_nothing_sends_it(program: Program, workspace: Workspace) -> None:
    sequence = a_sequence(workspace, [{"sub_flow": a_sub_flow(workspace, name="Coupon")}])
    path = f"sub-flows/{sequence.steps.get().sub_flow.public_id}/"
    copy = program.post(f"{path}duplicate/").json()
    assert (copy["name"], copy["blocks"]) == ("Coupon (copy 1)", program.get(path).json()["blocks"])
    assert program.refused(program.post(f"{path}archive/")) == [("name", "in_use")]
    assert program.post(f"sub-flows/{copy['id']}/archive/").status_code == 200
    assert [one["name"] for one in program.get("sub-flows/").json()["results"]] == ["Coupon"]
    assert program.get(f"sub-flows/{copy['id']}/").json()["name"] == "Coupon (copy 1)"
    program.patch(f"sequences/{sequence.public_id}/", {"state": "archived"})
    assert program.post(f"{path}archive/").status_code == 200
