"""The steps as a draft would leave them, how many things it changes, and how what is overdue spreads."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sequences.rules.drafts import SequenceDraft, StepDraft
from sequences.rules.edited import count_changes, settings_of, steps_after
from sequences.rules.spread import Spread

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ONE, TWO, THREE = (StepDraft(id=number, sub_flow_id=number) for number in (1, 2, 3))
NEW = StepDraft(sub_flow_id=9)
STORED = [settings_of(draft, draft.id or 0) for draft in (ONE, TWO, THREE)]


@pytest.mark.parametrize(
    ("drafts", "numbers", "open_ones"),
    [
        ((ONE, TWO, THREE), [1, 2, 3], [1, 2, 3]),  # nothing changed
        ((ONE, NEW, TWO, THREE), [1, -2, 2, 3], [1, -2, 2, 3]),  # a new one in between
        ((THREE, ONE, TWO), [3, 1, 2], [3, 1, 2]),  # another order
        ((ONE, THREE), [1, 2, 3], [1, 3]),  # what is put away keeps its place
        ((replace(ONE, is_enabled=False), TWO, THREE), [1, 2, 3], [2, 3]),  # switched off
        ((), [1, 2, 3], []),  # all put away
    ],
)
def test_the_steps_are_those_that_saving_would_leave(
    drafts: tuple[StepDraft, ...], numbers: list[int], open_ones: list[int]
) -> None:
    after = steps_after(STORED, drafts)
    assert [step.id for step in after] == numbers
    assert [step.id for step in after if step.is_open] == open_ones


BEFORE = SequenceDraft("Coupon", steps=(ONE, TWO, THREE), channel_ids=(1, 2))


@pytest.mark.parametrize(
    ("after", "changes"),
    [
        (BEFORE, 0),
        (replace(BEFORE, channel_ids=(2, 1)), 0),  # the same channels
        (replace(BEFORE, name="Cart"), 1),
        (replace(BEFORE, name="Cart", state="paused"), 2),
        (replace(BEFORE, steps=(ONE, TWO)), 1),  # one put away
        (replace(BEFORE, steps=(ONE, TWO, THREE, NEW)), 1),  # one added
        (replace(BEFORE, steps=(TWO, ONE, THREE)), 1),  # moved about
        (replace(BEFORE, steps=(replace(ONE, weekdays=1), THREE)), 2),  # one changed, one put away
    ],
)
def test_changes_are_counted_as_people_make_them(after: SequenceDraft, changes: int) -> None:
    assert count_changes(BEFORE, after) == changes


@pytest.mark.parametrize("first", [1, 77, 10**9])
@pytest.mark.parametrize("people", [2, 10, 500])
def test_what_is_overdue_leaves_evenly(first: int, people: int) -> None:
    """No stretch of twice an even share stays empty, and nobody's moment depends on who else is asked about."""
    spread = Spread(NOON, timedelta(hours=6))
    moments = sorted(spread.moment(number) for number in range(first, first + people))
    gaps = [later - earlier for earlier, later in zip([NOON, *moments], [*moments, NOON + spread.over], strict=True)]
    assert min(moments) >= NOON
    assert max(moments) < NOON + spread.over
    assert max(gaps) <= 3 * spread.over / people


@pytest.mark.parametrize(
    ("before", "after", "is_overdue"),
    [
        (NOON + timedelta(hours=1), NOON - timedelta(hours=1), True),  # moved into the past
        (NOON + timedelta(hours=1), NOON + timedelta(minutes=1), False),  # sooner, and still to come
        (NOON - timedelta(minutes=1), NOON - timedelta(hours=1), False),  # was due already: not this edit's doing
        (None, NOON, True),  # goes on after a pause
        (NOON, None, False),  # nothing left, or paused
    ],
)
def test_only_what_the_edit_makes_due_is_spread(
    before: datetime | None, after: datetime | None, is_overdue: bool
) -> None:
    assert Spread(NOON, timedelta(hours=1)).is_overdue(before, after) is is_overdue
