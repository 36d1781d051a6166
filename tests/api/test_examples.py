"""docs/api.md by example: each call is made in the page's order, and answers what the page says."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sequencer.workspaces.models import Workspace
from sequences.models import BulkJob
from sequences.tasks import carry_on_bulk
from tests.api.calling import Program
from tests.api.examples import PAGE, Names, examples
from tests.builders import a_channel, a_sequence, a_sub_flow


def a_newcomers_workspace(workspace: Workspace) -> None:
    """What the page takes for granted: a sandbox, and a sequence that asks for feedback after two hours."""
    a_channel(workspace, name="Sandbox")
    sub_flow = a_sub_flow(workspace, "How was it?", name="Feedback")
    steps = [{"sub_flow": sub_flow, "delay_unit": "hours", "delay_amount": 2}]
    a_sequence(workspace, steps, name="Customer feedback")


def called(program: Program, method: str, path: str, body: str, headers: dict[str, str]) -> Any:
    if method == "GET":
        let_the_worker_work()
    others = {name: value for name, value in headers.items() if name != "Content-Type"}
    kind = headers.get("Content-Type", "application/json" if body else "")
    asked = program.client.generic(method, f"/api/v1/{path}", body, content_type=kind, headers=others)
    return asked.status_code, asked.json() if asked.content else None


def let_the_worker_work() -> None:
    """Before somebody looks, and after they have changed their mind."""
    for job in BulkJob.objects.unfinished():
        carry_on_bulk(job.pk)


def today_in(workspace: Workspace) -> str:
    """What `date` says where the reader sits."""
    return datetime.now(ZoneInfo(workspace.time_zone)).date().isoformat()


def test_every_call_of_the_page_answers_as_it_says(program: Program, workspace: Workspace) -> None:
    a_newcomers_workspace(workspace)
    page, names, made = PAGE.read_text().replace("$(date +%F)", today_in(workspace)), Names(), 0
    for one in examples(page):
        status, answer = called(program, one.method, names.filled(one.path), names.filled(one.body), one.headers)
        assert status == one.status, (one.path, answer)
        assert names.differences(one.answer, answer) == [], one.path
        made += 1
    assert made == len(re.findall(r"^\*\*\d{3}\*\*$", page, re.MULTILINE)), "a status of the page was not looked at"
    assert made >= 20


def test_an_answer_that_is_another_one_is_noticed() -> None:
    promised = {"id": "ctc_12345678", "at": "2026-01-01T00:00:00Z", "tags": ["vip"], "attempts": 1}
    alike = {"id": "ctc_87654321", "at": "2026-02-02T00:00:00.5Z", "tags": ["vip"], "attempts": 1}
    assert Names().differences(promised, alike) == []
    changes: list[dict[str, Any]] = [
        {"tags": []},
        {"attempts": True},
        {"attempts": None},
        {"id": "seq_87654321"},
        {"at": None},
        {"x": 1},
    ]
    for change in changes:
        assert Names().differences(promised, {**alike, **change}) != [], change
    names = Names()
    assert names.differences({"id": "ctc_12345678"}, {"id": "ctc_aaaaaaaa"}) == []
    assert names.differences({"id": "ctc_12345678"}, {"id": "ctc_bbbbbbbb"}) != [], "one id of the page is one row"
