"""A step as the rules see it, and which one comes next."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from channels.messages import ContentType, NotificationType
from sequences.rules.timing import Schedule


@dataclass(frozen=True, slots=True)
class StepSettings:
    """`is_open` is false for a step that is switched off or archived. `outside` is skip, hold or stop.

    `fall_back_to` are kinds of channels, the first one tried first, on which the same person may be reached instead.
    """

    id: int
    schedule: Schedule
    is_open: bool = True
    sub_flow_id: int = 0
    content_type: ContentType = ContentType.DEFAULT
    notification_type: NotificationType = NotificationType.REGULAR
    outside: str = "skip"
    fall_back_to: tuple[str, ...] = ()


def kinds_in(stored: str) -> tuple[str, ...]:
    """What a step and its draft keep as one text, separated by commas."""
    return tuple(kind for kind in stored.split(",") if kind)


def next_step(steps: Sequence[StepSettings], last_step_id: int | None, done: Collection[int]) -> StepSettings | None:
    """The first open step behind the last one done that was not done yet; `steps` are in order, archived ones included.

    A last step that is not in the list (it never is, archived ones stay) counts as if nothing had been done.
    """
    for step in steps[_behind(steps, last_step_id) :]:
        if step.is_open and step.id not in done:
            return step
    return None


def steps_ahead(
    steps: Sequence[StepSettings], last_step_id: int | None, done: Collection[int]
) -> tuple[StepSettings, ...]:
    """`next_step` and all that follow it."""
    ahead = steps[_behind(steps, last_step_id) :]
    return tuple(step for step in ahead if step.is_open and step.id not in done)


def _behind(steps: Sequence[StepSettings], last_step_id: int | None) -> int:
    """The place right behind this step."""
    if last_step_id is not None:
        for place, step in enumerate(steps, start=1):
            if step.id == last_step_id:
                return place
    return 0
