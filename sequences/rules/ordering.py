"""Where archived steps stand while the living ones are moved about."""

from __future__ import annotations

from collections.abc import Sequence


def merged_order(before: Sequence[int], live: Sequence[int]) -> list[int]:
    """The order of all steps: the living ones as given, each archived one still behind the step it stood behind.

    `before` lists the ids of all steps in their old order, `live` those that stay, in their new one.
    """
    followers: dict[int | None, list[int]] = {}
    anchor: int | None = None
    for number in before:
        if number in live:
            anchor = number
        else:
            followers.setdefault(anchor, []).append(number)
    order = list(followers.get(None, []))
    for number in live:
        order += [number, *followers.get(number, [])]
    return order
