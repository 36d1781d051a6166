"""Where archived steps stand while the living ones are moved about."""

from __future__ import annotations

from random import Random

import pytest

from sequences.rules.ordering import merged_order


@pytest.mark.parametrize(
    ("before", "live", "expected"),
    [
        ([], [1, 2], [1, 2]),  # a new sequence
        ([1, 2], [1, 2, 3], [1, 2, 3]),
        ([1, 2], [1, 9, 2], [1, 9, 2]),
        ([1, 2, 3], [1, 3], [1, 2, 3]),  # two is archived and keeps its place
        ([1, 2, 3], [3, 1], [3, 1, 2]),  # it goes along with the one it stood behind
        ([1, 2, 3], [2, 3], [1, 2, 3]),  # the first one stays first
        ([1, 2, 3], [9], [1, 2, 3, 9]),
        ([1, 2, 3, 4], [4], [1, 2, 3, 4]),
        ([1, 2, 3], [3, 2, 1], [3, 2, 1]),
    ],
)
def test_archived_steps_stay_behind_the_step_they_stood_behind(
    before: list[int], live: list[int], expected: list[int]
) -> None:
    assert merged_order(before, live) == expected


def test_every_step_has_one_place_and_the_living_their_order() -> None:
    chance = Random(7)
    for _ in range(500):
        before = chance.sample(range(10), chance.randint(0, 8))
        live = [number for number in before if chance.random() < 0.6] + [20, 21][: chance.randint(0, 2)]
        chance.shuffle(live)
        order = merged_order(before, live)
        assert sorted(order) == sorted({*before, *live})
        assert [number for number in order if number in live] == live
