"""Which moments are stored: none so near the edge of the calendar that showing it in another zone falls off."""

from __future__ import annotations

from datetime import UTC, datetime

from sequencer.workspaces.problems import Problem

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)


def check_moment(field: str, moment: datetime | None) -> list[Problem]:
    """What is wrong with storing this moment in this field; [] when all is well, and for none."""
    if moment is None or EARLIEST <= moment <= LATEST:
        return []
    return [Problem(field, "out_of_range", {"min": EARLIEST.date().isoformat(), "max": LATEST.date().isoformat()})]
