"""sequences/<id>/statistics/: days of a sequence in bounded pages."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from sequencer.workspaces.models import Workspace
from sequences.models import Delivery, Sequence, Subscription
from tests.actions.tallies import some_deliveries
from tests.api.calling import Program
from tests.builders import a_sequence
from tests.engine import Clock


@pytest.fixture
def sequence(workspace: Workspace) -> Sequence:
    """In Paris; on Monday the 23rd of November 2026 three were reached, two of them by the first message."""
    clock, sequence = Clock(), a_sequence(workspace, [{}, {}])
    first, second = sequence.steps.all().order_by("position")
    some_deliveries(sequence, first, ["read", "delivered", "skipped"], clock)
    some_deliveries(sequence, second, ["sent", "failed", "unknown", "sending"], clock)
    gone = Subscription.objects.filter(sequence=sequence).first()
    Subscription.objects.filter(pk=gone.pk).update(state="stopped", ended_because="replied", ended_at=clock())  # type: ignore[union-attr]
    return sequence


def days(program: Program, sequence: Sequence, **query: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = program.get(f"sequences/{sequence.public_id}/statistics/", **query).json()["results"]
    return rows


def test_a_day_says_who_came_and_left_and_what_became_of_each_message(program: Program, sequence: Sequence) -> None:
    nothing = {"sent": 0, "delivered": 0, "read": 0, "skipped": 0, "failed": 0, "unknown": 0}
    first, second = sequence.steps.order_by("position")
    before, monday = days(program, sequence, **{"from": "2026-11-22", "until": "2026-11-23"})
    assert (before["day"], before["subscribed"], before["steps"]) == ("2026-11-22", 0, [])
    assert nothing.items() <= before.items()
    assert (monday["day"], monday["subscribed"]) == ("2026-11-23", 7)
    assert {why: number for why, number in monday["ended"].items() if number} == {"replied": 1}
    assert len(monday["ended"]) == 10
    assert {"sent": 3, "delivered": 2, "read": 1, "skipped": 1, "failed": 1, "unknown": 1}.items() <= monday.items()
    assert monday["steps"] == [
        {"step": first.public_id, **nothing, "sent": 2, "delivered": 2, "read": 1, "skipped": 1},
        {"step": second.public_id, **nothing, "sent": 1, "failed": 1, "unknown": 1},
    ]


def test_the_days_begin_at_midnight_of_the_workspace(program: Program, sequence: Sequence) -> None:
    Delivery.objects.filter(state="read").update(decided_at="2026-11-23T23:30:00Z")  # half past midnight in Paris
    found = days(program, sequence, **{"from": "2026-11-23", "until": "2026-11-24"})
    assert [day["read"] for day in found] == [0, 1]


def test_without_a_range_it_is_the_last_thirty_days(program: Program, sequence: Sequence) -> None:
    found = [date.fromisoformat(day["day"]) for day in days(program, sequence)]
    assert len(found) == 30
    assert (found[-1] - found[0]).days == 29


def test_pages_lead_through_the_days_and_back(program: Program, sequence: Sequence) -> None:
    asked = {"from": "2026-11-01", "until": "2026-11-10", "limit": "4"}
    page = program.get(f"sequences/{sequence.public_id}/statistics/", **asked).json()
    seen, pages = [], [page]
    while page["next"]:
        pages.append(page := program.get(page["next"]).json())
    seen = [day["day"][-2:] for page in pages for day in page["results"]]
    assert seen == [f"{number:02}" for number in range(1, 11)]
    assert pages[0]["previous"] is None
    back = program.get(pages[2]["previous"]).json()
    assert back == pages[1]


@pytest.mark.parametrize(
    ("query", "refused"),
    [
        ({"from": "2026-11-31"}, ("from", "invalid_format")),
        ({"from": "yesterday"}, ("from", "invalid_format")),
        ({"until": "٢٠٢٦-١١-٠١"}, ("until", "invalid_format")),
        ({"from": "2026-11-02", "until": "2026-11-01"}, ("until", "out_of_range")),
        ({"from": "2025-01-01", "until": "2026-11-01"}, ("until", "out_of_range")),
        ({"since": "2026-11-01"}, ("since", "unknown_field")),
        ({"limit": "0"}, ("limit", "out_of_range")),
        ({"cursor": "bjE"}, ("cursor", "not_found")),
    ],
)
def test_what_is_no_range_is_refused_by_name(
    program: Program, sequence: Sequence, query: dict[str, str], refused: tuple[str, str]
) -> None:
    assert program.refused(program.get(f"sequences/{sequence.public_id}/statistics/", **query)) == [refused]


def test_the_edges_of_the_calendar_are_days_like_others(program: Program, sequence: Sequence) -> None:
    path = f"sequences/{sequence.public_id}/statistics/"
    for first, last in (("0001-01-01", "0001-01-02"), ("9999-12-30", "9999-12-31"), ("9999-12-31", "9999-12-31")):
        for cursor in ("", "bjk5OTk5OTk5OTk5OTk5OTk5OQ==", "YjA=", "YjE="):
            page = program.get(path, **{"from": first, "until": last, "cursor": cursor})
            assert page.status_code == 200, page.content
            for link in (page.json()["next"], page.json()["previous"]):
                assert link is None or program.get(link).status_code == 200
        assert program.get(path, until=first).json()["results"][-1]["day"] == first


def test_a_sequence_of_somebody_else_is_not_there(program: Program) -> None:
    assert program.get(f"sequences/{a_sequence().public_id}/statistics/").status_code == 404
