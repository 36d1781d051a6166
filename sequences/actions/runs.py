"""A worker's run: its start, its heartbeat, its end."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, connection, transaction

from sequencer.faults import Edge
from sequences.models import Run
from sequences.models.run import DEAD_AFTER, GAP_AFTER

FORGOTTEN_AFTER = timedelta(days=30)
# SQLite looks for what refers to a run, each time, through all that is there.
FORGOTTEN_AT_ONCE = {"postgresql": 500, "sqlite": 5}
START, BEAT, HAND_OVER = Edge("start_run"), Edge("beat"), Edge("hand_over")
END, DECLARE = Edge("end_run"), Edge("declare_dead")


class RunLost(Exception):
    """Somebody declared this run dead: it must touch nothing more."""


class Sight:
    """Since when somebody has looked at the runs without a gap: who was away cannot tell who fell silent meanwhile.

    A database that was gone, or a machine that slept, silenced everybody; all get the time to show themselves again.
    """

    def __init__(self) -> None:
        self._since: datetime | None = None
        self._last: datetime | None = None

    def look(self, now: datetime) -> bool:
        """Note a look; whether silence may be judged by now."""
        if self._since is None or self._last is None or now - self._last > GAP_AFTER:
            self._since = now
        self._last = now
        return now - self._since >= DEAD_AFTER


def start_run(*, tree: str, host: str, pid: int, now: datetime) -> Run | None:
    """The tree's one dispatcher, or None when it has one already."""
    try:
        with START.crossed(), transaction.atomic():
            return Run.objects.create(tree=tree, host=host, pid=pid, started_at=now, heartbeat_at=now)
    except IntegrityError:
        return None


def give_up_slot(run: Run) -> None:
    """The next dispatcher of the tree may start; this one finishes what is on its way."""
    with HAND_OVER.crossed():
        Run.objects.filter(pk=run.pk).update(has_slot=False)


def beat(run: Run, *, now: datetime) -> None:
    """Show that the run lives. Raises RunLost if it was declared dead meanwhile."""
    with BEAT.crossed():
        is_alive = Run.objects.filter(pk=run.pk, ended_at=None).update(heartbeat_at=now)
    if not is_alive:
        raise RunLost(str(run.pk))


def end_run(run: Run, *, because: str, now: datetime) -> None:
    """The run's own end; what it still holds is the rescuer's."""
    with END.crossed():
        Run.objects.filter(pk=run.pk, ended_at=None).update(ended_at=now, ended_because=because)


def declare_dead(run: Run, *, now: datetime) -> bool:
    """Whether it was us who ended it; from here on it records nothing."""
    with DECLARE.crossed():
        ended = Run.objects.filter(pk=run.pk, ended_at=None).update(ended_at=now, ended_because="dead")
    return ended == 1


def forget_runs(*, now: datetime) -> int:
    """Drop a batch of runs that ended long ago and were cleared up after, so that nothing names them; how many."""
    old = Run.objects.filter(ended_at__lte=now - FORGOTTEN_AFTER, rescued_at__lte=now - FORGOTTEN_AFTER)
    first = Run.objects.order_by("pk").values_list("pk", flat=True)[: FORGOTTEN_AT_ONCE[connection.vendor]]
    # Django would look for rows that name them, without an index; the database refuses where there are any.
    return int(old.filter(pk__in=list(first))._raw_delete(connection.alias))
