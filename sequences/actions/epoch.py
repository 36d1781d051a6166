"""A restored backup or a promoted replica does not know what went out after it: nothing goes until a person says so.

The installation remembers which database it is (sequences/sql: fingerprint). SQLite cannot tell, and is never held.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from channels.models import Channel
from sequencer.workspaces.transactions import committed_as
from sequences.actions.in_hand import claimed_by
from sequences.actions.leave import books_of_sequences
from sequences.actions.ledger import Entry, entries_of, entry_to_be, store_entries
from sequences.actions.rescue import rescue, rescue_dead_runs
from sequences.actions.runs import beat, end_run, start_run
from sequences.actions.settle import Advance, settle
from sequences.models import DeliveryState, Installation, Run, Subscription
from sequences.models.installation import THE_ONE
from sequences.rules.reasons import Reason
from sequences.rules.steps import next_step
from sequences.sql import dialect

BATCH = 500


def hold_after_restore(*, now: datetime) -> bool:
    """Whether sending is held back; it is from the moment when the database turns out to be another one."""
    installation, here = Installation.the_one(), dialect().fingerprint()
    if installation.held_at is None and here and installation.fingerprint != here:
        mine = Installation.objects.filter(pk=THE_ONE, held_at=None, fingerprint=installation.fingerprint)
        if not installation.fingerprint:
            mine.update(fingerprint=here)
            return False
        mine.update(held_at=now)
        return True
    return installation.held_at is not None


class ResumeUnderWay(Exception):
    """Somebody is marking what may have gone at this moment; the hold is theirs to lift."""


def resume_after_restore(*, until: datetime | None, clock: Callable[[], datetime]) -> int:
    """Let sending go on; how many messages became unknown: all that came due up to `until`, for they may have gone.

    Each person goes on from there as if those had been sent when they were due. None: nothing went since the backup.
    Raises RunLost and ResumeUnderWay; the hold stays then, and asking again goes on where it ended.
    """
    rescue_dead_runs(now=clock())
    marked = 0 if until is None else _mark_all(until, clock)
    Installation.objects.filter(pk=THE_ONE).update(held_at=None, fingerprint=dialect().fingerprint())
    return marked


def _mark_all(until: datetime, clock: Callable[[], datetime]) -> int:
    """A run that was declared dead claims nothing, which looks like the end: hence the heartbeat after it too."""
    run = start_run(tree="after-restore", host="", pid=0, now=clock())
    if run is None:
        raise ResumeUnderWay
    marked = 0
    for channel_id in Channel.objects.order_by("pk").values_list("pk", flat=True):
        beat(run, now=clock())
        while ids := _mark_batch(channel_id, run, until=until, now=clock()):
            marked += len(ids)
            beat(run, now=clock())
    beat(run, now=clock())
    end_run(run, because="left", now=clock())
    rescue(run, now=clock())
    return marked


@committed_as("mark_after_restore")
def _mark_batch(channel_id: int, run: Run, *, until: datetime, now: datetime) -> list[int]:
    ids = [number for number, _ in dialect().claim(channel_id, run.pk, now=until, limit=BATCH)]
    rows = claimed_by(run, ids)
    books = books_of_sequences(row.sequence_id for row in rows)
    known, closed, effects = entries_of(ids), list[Entry](), list[tuple[Subscription, Advance]]()
    for row in rows:
        step = next_step(books.steps.get(row.sequence_id, []), row.last_step_id, row.done_steps)
        due_at = row.next_send_at or now
        if step is not None:
            entry = known.get((row.pk, step.id)) or entry_to_be(row, step.id, decided_at=due_at)
            entry.close(DeliveryState.UNKNOWN, Reason.OUTCOME_UNKNOWN, "restored", now=now)
            closed.append(entry)
            effects.append((row, Advance(due_at, step.id)))
    store_entries(closed)
    settle(effects, books, run, now=now)
    return ids
