"""POST preview/: the article's examples to the minute, and what the 24-hour rule does to them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from channels.models import Contact
from sequencer.workspaces.models import Workspace
from sequences.models import Sequence, Subscription
from tests.api.calling import Program
from tests.builders import LONG_AGO, a_channel, a_contact, a_sequence, a_sub_flow

CASES = json.loads((Path(__file__).parent.parent / "cases" / "timing.json").read_text())["cases"]
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
HOURS = {"start": "09:00", "end": "18:00"}
MONDAY_18 = "2026-06-01T16:00:00Z"  # 18:00 in Paris


def wait(hours: int, **more: Any) -> dict[str, Any]:
    return {"delay": {"amount": hours, "unit": "hours"}, **more}


def preview(program: Program, *steps: dict[str, Any], since: str = MONDAY_18, **contact: Any) -> list[dict[str, Any]]:
    body = {"steps": steps, "subscribed_at": since, "contact": contact or None}
    response = program.post("preview/", body)
    assert response.status_code == 200, response.content
    timeline: list[dict[str, Any]] = response.json()["timeline"]
    return timeline


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_worked_cases_of_the_time_rule(program: Program, case: dict[str, Any]) -> None:
    window = {"start": case["window_start"], "end": case["window_end"]} if case["window_start"] else None
    step = {"window": window, "weekdays": [DAYS[day] for day in case["weekdays"]]}
    (entry,) = preview(program, step, since=case["countdown_end"], time_zone=case["zone"])
    assert entry["sends_at"] == case["expected_utc"]
    assert entry["sends_at_local"] == case["expected_local"]


def test_a_message_due_at_20_is_kept_until_9_and_pushes_the_next(program: Program) -> None:
    first, second = preview(program, wait(2, window=HOURS), wait(24))
    assert first == {
        "step": 0,
        "countdown_starts_at": MONDAY_18,
        "countdown_ends_at": "2026-06-01T18:00:00Z",
        "sends_at": "2026-06-02T07:00:00Z",
        "sends_at_local": "2026-06-02T09:00:00+02:00",
        "time_zone": "Europe/Paris",
        "time_zone_from": "workspace",
        "held": True,
        "outcome": "send",
        "route": "message",
        "reason": None,
    }
    assert (second["countdown_starts_at"], second["held"]) == (first["sends_at"], False)
    assert second["sends_at_local"] == "2026-06-03T09:00:00+02:00"


@pytest.mark.parametrize(
    ("contact", "zone", "came_from", "local"),
    [
        ({"time_zone": "Asia/Tokyo"}, "Asia/Tokyo", "contact", "2026-06-02T09:00:00+09:00"),
        ({"utc_offset_minutes": 330}, "UTC+05:30", "utc_offset", "2026-06-02T09:00:00+05:30"),
        (
            {"time_zone": "Mars/Olympus", "utc_offset_minutes": 60},
            "UTC+01:00",
            "utc_offset",
            "2026-06-02T09:00:00+01:00",
        ),
        ({"time_zone": None}, "Europe/Paris", "workspace", "2026-06-02T09:00:00+02:00"),
    ],
)
def test_the_contacts_own_clock_counts(
    program: Program, contact: dict[str, Any], zone: str, came_from: str, local: str
) -> None:
    (entry,) = preview(program, wait(2, window=HOURS), **contact)
    assert (entry["time_zone"], entry["time_zone_from"], entry["sends_at_local"]) == (zone, came_from, local)


UPDATE = {"content_type": "account_update"}
WROTE = {"last_interaction_at": MONDAY_18}


@pytest.mark.parametrize(
    ("step", "contact", "outcome", "route", "reason"),
    [
        (wait(48), {}, "send", "message", None),  # no kind of channel: no reply window
        (wait(24), {"channel_kind": "messenger", **WROTE}, "send", "message", None),  # exactly 24 h is inside
        (wait(25), {"channel_kind": "messenger", **WROTE}, "skip", None, "reply_window_closed"),
        (wait(0), {"channel_kind": "messenger"}, "skip", None, "reply_window_closed"),  # never wrote
        (wait(25, **UPDATE), {"channel_kind": "messenger", **WROTE}, "skip", None, "no_utility_template"),
        (
            wait(25, **UPDATE),
            {"channel_kind": "messenger", "has_utility_template": True, **WROTE},
            "send",
            "utility_template",
            None,
        ),
        (wait(25, **UPDATE), {"channel_kind": "sandbox", **WROTE}, "send", "message_tag", None),
        (
            wait(25, **UPDATE),
            {"channel_kind": "sandbox", "after_24_hours": "never", **WROTE},
            "skip",
            None,
            "reply_window_closed",
        ),
        (
            wait(25, outside_reply_window="hold"),
            {"channel_kind": "sandbox", **WROTE},
            "hold",
            None,
            "reply_window_closed",
        ),
        (
            wait(25, outside_reply_window="stop"),
            {"channel_kind": "sandbox", **WROTE},
            "stop",
            None,
            "reply_window_closed",
        ),
    ],
)
def test_what_the_24_hour_rule_leaves(program, step, contact, outcome, route, reason) -> None:
    first, second = preview(program, step, {}, **contact)
    assert (first["outcome"], first["route"], first["reason"]) == (outcome, route, reason)
    if outcome in ("hold", "stop"):
        assert second["outcome"] == "not_reached"
        times = ("countdown_starts_at", "countdown_ends_at", "sends_at", "sends_at_local", "route", "reason")
        assert [second[name] for name in times] == [None] * 6
        assert second["held"] is False
    else:
        assert second["countdown_starts_at"] == first["sends_at"]


def test_a_stored_sequence_and_contact_are_looked_into(program: Program, workspace: Workspace) -> None:
    template = {"name": "t", "language": "en", "parameters": []}
    bound, unbound = a_sub_flow(workspace, utility_template=template), a_sub_flow(workspace)
    update = {"content_type": "account_update"}
    sequence = a_sequence(
        workspace, steps=[{"sub_flow": bound, **update}, {"sub_flow": unbound, **update}, {"is_enabled": False}]
    )
    ann = a_contact(a_channel(workspace, kind="messenger"), time_zone="Asia/Tokyo")
    body = {"sequence": sequence.public_id, "subscribed_at": MONDAY_18, "contact": {"id": ann.public_id}}
    first, second = program.post("preview/", body).json()["timeline"]
    assert (first["route"], first["time_zone"]) == ("utility_template", "Asia/Tokyo")
    assert (second["outcome"], second["reason"]) == ("skip", "no_utility_template")
    given = {"steps": [{"sub_flow": bound.public_id, **update}], "contact": {"channel_kind": "messenger"}}
    assert program.post("preview/", given).json()["timeline"][0]["route"] == "utility_template"


@pytest.mark.parametrize("gone", ["opted_out_at", "blocked_at"])
def test_nobody_who_opted_out_or_blocked_us_is_sent_anything(program: Program, workspace: Workspace, gone: str) -> None:
    bob = a_contact(a_channel(workspace), last_interaction_at=LONG_AGO)
    setattr(bob, gone, LONG_AGO)
    bob.save()
    first, second, third = preview(program, wait(2, window=HOURS), {}, wait(1), id=bob.public_id)
    assert (first["outcome"], first["route"], first["reason"]) == ("stop", None, "contact_gone")
    assert first["sends_at"] == "2026-06-02T07:00:00Z"
    assert [(later["outcome"], later["reason"], later["sends_at"]) for later in (second, third)] == [
        ("not_reached", None, None)
    ] * 2


def test_nothing_is_stored(program: Program) -> None:
    before = [model.objects.count() for model in (Contact, Sequence, Subscription)]
    preview(program, wait(2))
    assert [model.objects.count() for model in (Contact, Sequence, Subscription)] == before


def test_any_moment_may_be_given_and_one_without_a_calendar_is_refused(program: Program) -> None:
    (entry,) = preview(program, wait(2), since="1971-01-01T00:00:00+01:00")
    assert entry["sends_at"] == "1971-01-01T01:00:00Z"
    body = {"steps": [wait(2, window=HOURS)], "subscribed_at": "9999-12-31T23:59:59Z"}
    assert program.refused(program.post("preview/", body)) == [("subscribed_at", "out_of_range")]


def test_steps_that_cannot_be_are_named(program: Program) -> None:
    table = [
        ({"steps": [{}, {"window": {"start": "09:00", "end": "09:00"}}]}, ("steps.1.window", "window_is_empty")),
        ({"steps": [{"weekdays": []}]}, ("steps.0.weekdays", "no_weekday")),
        ({"steps": [wait(24 * 366)]}, ("steps.0.delay", "delay_too_long")),
        ({"steps": [wait(-1)]}, ("steps.0.delay", "delay_negative")),
        ({"steps": [{"content_type": "advert"}]}, ("steps.0.content_type", "unknown_choice")),
        ({}, ("steps", "required")),
        ({"steps": [], "contact": {"channel_kind": "pigeon"}}, ("contact.channel_kind", "unknown_kind")),
        ({"sequence": "seq_nothing"}, ("sequence", "not_found")),
    ]
    for body, error in table:
        assert program.refused(program.post("preview/", body)) == [error]
