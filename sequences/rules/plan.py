"""What a subscription waits for next: the next step and its due moment, from the settings as they are now."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from sequences.rules import timing
from sequences.rules.reasons import Because
from sequences.rules.steps import StepSettings, next_step


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a subscription has come. `has_begun`: parts of the next step's sub-flow were accepted already."""

    countdown_started_at: datetime
    last_step_id: int | None = None
    done: Collection[int] = ()
    not_before_at: datetime | None = None
    has_begun: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """`next_send_at` is None while the sequence is paused."""

    step: StepSettings
    next_send_at: datetime | None
    because: Because


def plan_next(steps: Sequence[StepSettings], progress: Progress, zone: tzinfo, *, is_paused: bool) -> Plan | None:
    """The next step and when it goes; None when nothing is left to send."""
    step = next_step(steps, progress.last_step_id, progress.done)
    if step is None:
        return None
    if is_paused:
        return Plan(step, None, Because.SEQUENCE_PAUSED)
    if progress.has_begun:
        at = max(progress.not_before_at or progress.countdown_started_at, progress.countdown_started_at)
        return Plan(step, at, Because.PAUSE_BLOCK)
    due = timing.due(progress.countdown_started_at, step.schedule, zone, not_before=progress.not_before_at)
    return Plan(step, due.at, Because(due.because))
