"""The engine as it is: `python -m benchmarks.engine MESSAGES` works until so many answers were heard."""

from __future__ import annotations

import os
import sys
from datetime import timedelta

import django

django.setup()

from benchmarks.stopwatch import Stopwatch  # noqa: E402
from channels.messages import DoorResult  # noqa: E402  # Django's models want their settings first
from channels.transports import Doors  # noqa: E402
from sequences.actions.runs import start_run  # noqa: E402
from sequences.worker import Slot, database_clock, open_doors, work  # noqa: E402

LONGEST = timedelta(minutes=8)


class CountingDoors(Doors):
    """The doors as they are; the slot is over when enough answers came back."""

    def __init__(self, doors: Doors, slot: Slot, messages: int) -> None:
        super().__init__(http=doors._http, local=doors._local)
        self._slot, self._left = slot, messages

    def poll(self, timeout: float) -> list[tuple[object, DoorResult]]:
        finished = super().poll(timeout)
        self._left -= len(finished)
        self._slot.is_over = self._left <= 0
        return finished


def main(messages: int) -> None:
    stopwatch, slot = Stopwatch(), Slot(LONGEST)
    run = start_run(tree=f"benchmark-{os.getpid()}", host="benchmark", pid=os.getpid(), now=database_clock())
    if run is None:
        raise SystemExit("another dispatcher has this tree")
    work(run, CountingDoors(open_doors(), slot, messages), slot, hand_over=lambda: None)
    stopwatch.report()


if __name__ == "__main__":
    main(int(sys.argv[1]))
