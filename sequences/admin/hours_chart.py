"""The hours of a day as bars: where each stands in the drawing. The template draws, a table says the same."""

from __future__ import annotations

from dataclasses import dataclass

from sequences.rules.day import Day

WIDTH, HEIGHT = 720, 130
SLOT = WIDTH / 24
# From the bottom upwards; people's own messages stand beside.
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


def chart_of(day: Day) -> Chart:
    most = max((max(sum(words[word] for word in STACK), words["wrote"]) for words in day.hours.values()), default=0)
    bars: list[Bar] = []
    for hour, words in sorted(day.hours.items()):
        bottom = 0
        for word in STACK:
            if words[word]:
                bars.append(_bar(word, hour, 0.12, bottom, words[word], most))
                bottom += words[word]
        if words["wrote"]:
            bars.append(_bar("wrote", hour, 0.52, 0, words["wrote"], most))
    return Chart(bars, most)


def _bar(word: str, hour: int, shift: float, bottom: int, count: int, most: int) -> Bar:
    height = HEIGHT * count / most
    y = HEIGHT - HEIGHT * bottom / most - height
    return Bar(word, round((hour + shift) * SLOT, 1), round(y, 1), round(SLOT * 0.34, 1), round(height, 1))
