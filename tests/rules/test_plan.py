"""Which step comes next, and when: product rules 2.1, 2.2 and the rows of section 5 that are pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from sequences.rules.plan import Plan, Progress, plan_next
from sequences.rules.reasons import Because
from sequences.rules.steps import StepSettings, next_step
from sequences.rules.timing import Schedule

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def step(number: int, delay: timedelta = HOUR, *, is_open: bool = True, **window: Any) -> StepSettings:
    return StepSettings(number, Schedule(delay, **window), is_open=is_open)


ONE, TWO, THREE = step(1), step(2), step(3)


@pytest.mark.parametrize(
    ("steps", "last", "done", "expected"),
    [
        ([ONE, TWO, THREE], None, [], 1),  # nobody is ahead of the first
        ([ONE, TWO, THREE], 1, [1], 2),
        ([ONE, TWO, THREE], 3, [1, 2, 3], None),  # behind the last there is nothing
        ([ONE, step(2, is_open=False), THREE], 1, [1], 3),  # switched off: passed over
        ([step(9), ONE, TWO], 1, [1], 2),  # inserted behind them: not for them
        ([ONE, step(9), TWO], 1, [1], 9),  # inserted ahead: for them
        ([TWO, ONE, THREE], 1, [1], 3),  # reordered: what stands before the last one done is past
        ([THREE, TWO, ONE], 1, [1], None),  # the last one done is the last now
        ([ONE, THREE, TWO], 3, [1, 2, 3], None),  # two stands behind the last one done, and was done
        ([ONE, THREE, TWO], 3, [1, 3], 2),
        ([step(1, is_open=False), TWO], 1, [1], 2),  # the last one done was archived: it kept its place
        ([], None, [], None),
        ([step(1, is_open=False)], None, [], None),
    ],
)
def test_the_next_step_is_the_first_open_one_behind_the_last_that_was_not_done(
    steps: list[StepSettings], last: int | None, done: list[int], expected: int | None
) -> None:
    found = next_step(steps, last, done)
    assert (found.id if found else None) == expected


def test_the_countdown_counts_from_its_start() -> None:
    assert plan_next([ONE], Progress(NOON), UTC, is_paused=False) == Plan(ONE, NOON + HOUR, Because.COUNTDOWN)


def test_a_retry_moves_the_moment_but_never_forward() -> None:
    later, earlier = Progress(NOON, not_before_at=NOON + 3 * HOUR), Progress(NOON, not_before_at=NOON)
    assert plan_next([ONE], later, UTC, is_paused=False) == Plan(ONE, NOON + 3 * HOUR, Because.COUNTDOWN)
    assert plan_next([ONE], earlier, UTC, is_paused=False) == Plan(ONE, NOON + HOUR, Because.COUNTDOWN)


def test_a_retry_stays_inside_the_window() -> None:
    mornings = step(1, timedelta(0), window_start=time(9), window_end=time(12, 30))
    plan = plan_next([mornings], Progress(NOON, not_before_at=NOON + HOUR), UTC, is_paused=False)
    assert plan == Plan(mornings, datetime(2026, 11, 24, 9, tzinfo=UTC), Because.OUTSIDE_WINDOW)


def test_a_begun_sub_flow_does_not_wait_for_the_window() -> None:
    mornings = step(1, timedelta(0), window_start=time(9), window_end=time(11))
    begun = Progress(NOON, not_before_at=NOON + timedelta(seconds=30), has_begun=True)
    plan = plan_next([mornings], begun, UTC, is_paused=False)
    assert plan == Plan(mornings, NOON + timedelta(seconds=30), Because.PAUSE_BLOCK)


def test_a_begun_sub_flow_without_a_pause_goes_on_at_once() -> None:
    plan = plan_next([ONE], Progress(NOON, has_begun=True), UTC, is_paused=False)
    assert plan == Plan(ONE, NOON, Because.PAUSE_BLOCK)


def test_a_paused_sequence_has_a_next_step_and_no_moment() -> None:
    plan = plan_next([ONE], Progress(NOON), UTC, is_paused=True)
    assert plan == Plan(ONE, None, Because.SEQUENCE_PAUSED)


def test_where_nothing_is_left_there_is_no_plan_even_if_paused() -> None:
    done = Progress(NOON, last_step_id=1, done=[1])
    assert plan_next([ONE], done, UTC, is_paused=False) is None
    assert plan_next([ONE], done, UTC, is_paused=True) is None


def test_the_time_already_waited_counts_for_the_step_that_takes_over() -> None:
    """Two hours into the countdown of a step that is taken away: the next one's three hours end in one."""
    gone, following = replace(ONE, is_open=False), step(2, 3 * HOUR)
    plan = plan_next([gone, following], Progress(NOON - 2 * HOUR), UTC, is_paused=False)
    assert plan == Plan(following, NOON + HOUR, Because.COUNTDOWN)
