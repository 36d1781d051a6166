"""What is refused of a sequence before the database is asked, each on its field."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from typing import Any

import pytest

from sequences.rules.drafts import SequenceDraft, StepDraft, check_draft, check_steps

GOOD = StepDraft(sub_flow_id=1)


def problems_of(**changes: Any) -> list[tuple[str, str]]:
    """What is wrong with a sequence whose second step is changed so."""
    draft = SequenceDraft("Welcome", steps=(GOOD, replace(GOOD, **changes)))
    return [(problem.field, problem.code) for problem in check_draft(draft)]


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"window_start": time(9), "window_end": time(9)}, "window", "window_is_empty"),
        ({"window_start": time(9)}, "window", "window_needs_both"),
        ({"window_end": time(9)}, "window", "window_needs_both"),
        ({"weekdays": 0}, "weekdays", "no_weekday"),
        ({"weekdays": 128}, "weekdays", "no_weekday"),
        ({"sub_flow_id": None}, "sub_flow", "required"),
        ({"delay_unit": "hours", "delay_amount": -1}, "delay", "delay_negative"),
        ({"delay_unit": "days", "delay_amount": 366}, "delay", "delay_too_long"),
        ({"delay_unit": "weeks", "delay_amount": 53}, "delay", "delay_too_long"),
        ({"delay_unit": "seconds", "delay_amount": 365 * 86_400 + 1}, "delay", "delay_too_long"),
        ({"delay_unit": "weeks", "delay_amount": 10**30}, "delay", "delay_too_long"),
        ({"delay_unit": "immediately", "delay_amount": 1}, "delay", "immediately_takes_no_amount"),
        ({"delay_unit": "fortnights", "delay_amount": 1}, "delay", "unknown_choice"),
        ({"content_type": "promotion"}, "content_type", "unknown_choice"),
        ({"notification_type": "loud"}, "notification_type", "unknown_choice"),
        ({"outside_reply_window": "ignore"}, "outside_reply_window", "unknown_choice"),
        ({"name": "x" * 101}, "name", "too_long"),
        ({"name": "a\x00b"}, "name", "invalid_character"),
        ({"name": "a\ud800b"}, "name", "invalid_character"),
    ],
)
def test_a_step_is_refused_on_its_field(changes: dict[str, Any], field: str, code: str) -> None:
    assert problems_of(**changes) == [(f"steps.1.{field}", code)]


@pytest.mark.parametrize(
    "changes",
    [
        {"window_start": time(22), "window_end": time(2)},  # over midnight
        {"delay_unit": "days", "delay_amount": 365},
        {"delay_unit": "hours", "delay_amount": 0},
        {"weekdays": 1},
        {"name": "x" * 100},
    ],
)
def test_what_is_allowed_is_not_refused(changes: dict[str, Any]) -> None:
    assert problems_of(**changes) == []


@pytest.mark.parametrize(("name", "code"), [("", "required"), ("   ", "required"), ("x" * 101, "too_long")])
def test_a_sequence_needs_a_name(name: str, code: str) -> None:
    assert [(problem.field, problem.code) for problem in check_draft(SequenceDraft(name))] == [("name", code)]


def test_a_sequence_has_at_most_100_steps() -> None:
    assert check_steps((GOOD,) * 100) == []
    assert [problem.code for problem in check_steps((GOOD,) * 101)] == ["too_many"]


def test_a_preview_does_without_sub_flows() -> None:
    assert check_steps((replace(GOOD, sub_flow_id=None),), needs_sub_flow=False) == []


def test_everything_that_is_wrong_is_said_at_once() -> None:
    draft = SequenceDraft("", steps=(StepDraft(weekdays=0, delay_unit="hours", delay_amount=-1),))
    assert {problem.field for problem in check_draft(draft)} == {
        "name",
        "steps.0.weekdays",
        "steps.0.delay",
        "steps.0.sub_flow",
    }
