"""Bars of a drawing, piled up by what became of messages. The template draws, a table says the same."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Rows
from dataclasses import dataclass

WIDTH, HEIGHT = 720, 130
# From the bottom upwards.
STACK = ("sent", "skipped", "failed", "unknown")


@dataclass(frozen=True, slots=True)
class Bar:
    word: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Chart:
    bars: list[Bar]
    most: int
    width: int = WIDTH
    height: int = HEIGHT


def stacked(columns: Rows[Mapping[str, int]], beside: str = "") -> Chart:
    """A pile for each column, from left to right; the word `beside` stands next to it by itself."""
    piles = [[(word, column.get(word, 0)) for word in STACK] for column in columns]
    alone = [column.get(beside, 0) for column in columns]
    most = max([0, *alone, *(sum(number for _, number in pile) for pile in piles)])
    slot = WIDTH / max(1, len(columns))
    wide = 0.34 if beside else 0.76
    bars: list[Bar] = []
    for place, (pile, other) in enumerate(zip(piles, alone, strict=True)):
        bottom = 0
        for word, number in pile:
            if number:
                bars.append(_bar(word, (place + 0.12) * slot, wide * slot, bottom / most, number / most))
                bottom += number
        if other:
            bars.append(_bar(beside, (place + 0.52) * slot, wide * slot, 0, other / most))
    return Chart(bars, most)


def _bar(word: str, x: float, width: float, below: float, share: float) -> Bar:
    height = HEIGHT * share
    return Bar(word, round(x, 1), round(HEIGHT - HEIGHT * below - height, 1), round(width, 1), round(height, 1))
