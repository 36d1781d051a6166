"""A sequence as somebody wants it to be, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time, timedelta

from channels.messages import ContentType, NotificationType
from sequences.rules.problems import Problem
from sequences.rules.shapes import UNSTORABLE
from sequences.rules.timing import ALL_DAYS

MAX_STEPS = 100
MAX_NAME = 100
MAX_DELAY = timedelta(days=365)
UNITS = ("immediately", "seconds", "minutes", "hours", "days", "weeks")
CHOICES_OUTSIDE = ("skip", "hold", "stop")


@dataclass(frozen=True, slots=True)
class StepDraft:
    """`id` is None for a new step. Both ends of the window are None for "any time".

    `fall_back_to`: kinds of channels, separated by commas; which kinds there are is known above the rules.
    """

    id: int | None = None
    name: str = ""
    delay_amount: int = 0
    delay_unit: str = "immediately"
    window_start: time | None = None
    window_end: time | None = None
    weekdays: int = ALL_DAYS
    sub_flow_id: int | None = None
    is_enabled: bool = True
    content_type: str = ContentType.DEFAULT.value
    notification_type: str = NotificationType.REGULAR.value
    outside_reply_window: str = "skip"
    fall_back_to: str = ""


@dataclass(frozen=True, slots=True)
class SequenceDraft:
    name: str
    state: str = "active"
    stop_on_reply: bool = False
    reentry: bool = True
    channel_ids: tuple[int, ...] = ()
    steps: tuple[StepDraft, ...] = ()


def check_draft(draft: SequenceDraft) -> list[Problem]:
    """Everything that can be said without looking into the database; [] when all is well."""
    return [*_name(draft.name, "name", is_required=True), *check_steps(draft.steps)]


def check_steps(steps: tuple[StepDraft, ...], *, needs_sub_flow: bool = True) -> list[Problem]:
    """The same for the steps alone; a preview does without sub-flows."""
    if len(steps) > MAX_STEPS:
        return [Problem("steps", "too_many", {"max": MAX_STEPS})]
    problems: list[Problem] = []
    for index, step in enumerate(steps):
        problems += _step(step, f"steps.{index}", needs_sub_flow=needs_sub_flow)
    return problems


def _step(step: StepDraft, where: str, *, needs_sub_flow: bool) -> Iterator[Problem]:
    yield from _name(step.name, f"{where}.name", is_required=False)
    yield from _delay(step, f"{where}.delay")
    yield from _window(step, f"{where}.window")
    if not 1 <= step.weekdays <= ALL_DAYS:
        yield Problem(f"{where}.weekdays", "no_weekday")
    if needs_sub_flow and step.sub_flow_id is None:
        yield Problem(f"{where}.sub_flow", "required")
    yield from _choice(step.content_type, list(ContentType), f"{where}.content_type")
    yield from _choice(step.notification_type, list(NotificationType), f"{where}.notification_type")
    yield from _choice(step.outside_reply_window, CHOICES_OUTSIDE, f"{where}.outside_reply_window")


def _name(name: str, where: str, *, is_required: bool) -> Iterator[Problem]:
    if is_required and not name.strip():
        yield Problem(where, "required")
    if len(name) > MAX_NAME:
        yield Problem(where, "too_long", {"max": MAX_NAME})
    if UNSTORABLE.search(name):
        yield Problem(where, "invalid_character")


def _delay(step: StepDraft, where: str) -> Iterator[Problem]:
    if step.delay_unit not in UNITS:
        yield Problem(where, "unknown_choice", {"value": step.delay_unit[:50]})
    elif step.delay_unit == "immediately":
        if step.delay_amount != 0:
            yield Problem(where, "immediately_takes_no_amount")
    elif step.delay_amount < 0:
        yield Problem(where, "delay_negative")
    elif step.delay_amount > MAX_DELAY.total_seconds() or timedelta(**{step.delay_unit: step.delay_amount}) > MAX_DELAY:
        yield Problem(where, "delay_too_long", {"max": MAX_DELAY.days})


def _window(step: StepDraft, where: str) -> Iterator[Problem]:
    if (step.window_start is None) != (step.window_end is None):
        yield Problem(where, "window_needs_both")
    elif step.window_start is not None and step.window_start == step.window_end:
        yield Problem(where, "window_is_empty")


def _choice(
    value: str, known: list[ContentType] | list[NotificationType] | tuple[str, ...], where: str
) -> Iterator[Problem]:
    if value not in known:
        yield Problem(where, "unknown_choice", {"value": str(value)[:50]})
