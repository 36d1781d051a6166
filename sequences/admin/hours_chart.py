"""The hours of a day as bars, people's own messages beside."""

from __future__ import annotations

from sequences.admin.stacked_bars import Chart, stacked
from sequences.rules.day import Day


def chart_of(day: Day) -> Chart:
    return stacked([day.hours.get(hour, {}) for hour in range(24)], beside="wrote")
