"""What an edit does to the people inside, before it is made: each one's steps and moment before and after."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sequences.rules.steps import StepSettings, steps_ahead


@dataclass(frozen=True, slots=True)
class Change:
    """What an edit means for one person; nothing of it for somebody whom it leaves untouched."""

    gets_new: bool = False
    is_due: bool = False
    completes: bool = False
    waits: bool = False
    ends: bool = False
    moves_on: bool = False
    differs: bool = False


@dataclass(frozen=True, slots=True)
class EditEffect:
    """How many of `people` each change concerns. `is_exact` is false where they are a sample of many more."""

    people: int
    is_exact: bool
    get_new: int = 0
    due_at_once: int = 0
    complete: int = 0
    wait: int = 0
    end: int = 0
    move_on: int = 0
    differ: int = 0

    @property
    def untouched(self) -> int:
        return self.people - self.differ

    @property
    def most(self) -> int:
        """The largest number of people for whom this cannot be taken back."""
        return max(self.due_at_once, self.complete, self.end)


@dataclass(frozen=True, slots=True)
class Position:
    """How far somebody has come, and when their next message was planned for until now."""

    last_step_id: int | None
    done: Collection[int]
    due_before: datetime | None
    waits_for_reply: bool = False


def change_for(
    position: Position,
    before: Sequence[StepSettings],
    after: Sequence[StepSettings],
    due_after: datetime | None,
    *,
    may_go: bool,
    now: datetime,
) -> Change:
    """For somebody whose plan by the steps `after` is due at `due_after`; `may_go`: the 24-hour rule lets it go now."""
    ahead = steps_ahead(after, position.last_step_id, position.done)
    was_ahead = steps_ahead(before, position.last_step_id, position.done)
    was_due = position.due_before is not None and position.due_before <= now
    # Whoever waits until they write is planned anew and goes on waiting.
    is_moved = due_after != position.due_before and not position.waits_for_reply
    differs = ahead != was_ahead or is_moved
    closed = {step.id for step in after if not step.is_open}
    return Change(
        gets_new=any(step.id < 0 for step in ahead),
        is_due=differs and not was_due and due_after is not None and due_after <= now and may_go,
        completes=not ahead,
        moves_on=bool(ahead and was_ahead) and was_ahead[0].id in closed,
        differs=differs,
    )


def effect_of(changes: Iterable[Change], *, is_exact: bool) -> EditEffect:
    listed = list(changes)
    return EditEffect(
        people=len(listed),
        is_exact=is_exact,
        get_new=sum(change.gets_new for change in listed),
        due_at_once=sum(change.is_due for change in listed),
        complete=sum(change.completes for change in listed),
        wait=sum(change.waits for change in listed),
        end=sum(change.ends for change in listed),
        move_on=sum(change.moves_on for change in listed),
        differ=sum(change.differs for change in listed),
    )
