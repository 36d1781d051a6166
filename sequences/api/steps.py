"""A step of the API's JSON, to and from the draft that the actions and rules understand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from channels.backends import kinds
from channels.messages import ContentType, NotificationType
from sequences.api.fields import Choice, Many, Number, PublicId, Text, YesNo
from sequences.api.moments import Clock
from sequences.api.shapes import OPTIONAL, Shape
from sequences.models import DelayUnit, OutsideReplyWindow, Step, SubFlow
from sequences.rules.drafts import StepDraft
from sequences.rules.problems import Problem
from sequences.rules.steps import kinds_in
from sequences.rules.timing import ALL_DAYS, weekday_mask, weekday_names

WEEKDAYS = weekday_names(ALL_DAYS)


class DelayShape(Shape):
    """`amount` is not needed for "immediately"."""

    amount = Number(least=-(10**15), most=10**15, **OPTIONAL)
    unit = Choice(choices=DelayUnit.values)


class WindowShape(Shape):
    """From `start` on, until just before `end`; an end before the start crosses midnight."""

    start = Clock()
    end = Clock()


class StepShape(Shape):
    id = PublicId(Step, **OPTIONAL)
    name = Text(max_length=100, allow_blank=True, **OPTIONAL)
    delay = DelayShape(**OPTIONAL)
    window = WindowShape(**OPTIONAL)
    weekdays = Many(Choice(choices=WEEKDAYS), most=7, **OPTIONAL)
    sub_flow = PublicId(SubFlow, **OPTIONAL)
    enabled = YesNo(**OPTIONAL)
    content_type = Choice(choices=[word.value for word in ContentType], **OPTIONAL)
    notification_type = Choice(choices=[word.value for word in NotificationType], **OPTIONAL)
    outside_reply_window = Choice(choices=OutsideReplyWindow.values, **OPTIONAL)
    fall_back_to = Many(Choice(choices=kinds()), most=len(kinds()), **OPTIONAL)

    def to_representation(self, instance: Step) -> dict[str, Any]:
        window = None
        if instance.window_start is not None and instance.window_end is not None:
            window = WindowShape({"start": instance.window_start, "end": instance.window_end}).data
        return {
            "id": instance.public_id,
            "name": instance.name,
            "delay": {"amount": instance.delay_amount, "unit": instance.delay_unit},
            "window": window,
            "weekdays": weekday_names(instance.weekdays),
            "sub_flow": SubFlow.public_id.of(instance.sub_flow_id),
            "enabled": instance.is_enabled,
            "content_type": instance.content_type,
            "notification_type": instance.notification_type,
            "outside_reply_window": instance.outside_reply_window,
            **({"fall_back_to": list(kinds_in(instance.fall_back_to))} if instance.fall_back_to else {}),
        }


def drafts_of(steps: Iterable[Mapping[str, Any]]) -> tuple[StepDraft, ...]:
    """The values that StepShape has read, as drafts; what is not given, or null, has the draft's own default."""
    return tuple(_draft(step) for step in steps)


def amount_problems(steps: Iterable[Mapping[str, Any]]) -> list[Problem]:
    """A unit of time needs an amount; only "immediately" goes without."""
    return [
        Problem(f"steps.{index}.delay.amount", "required")
        for index, step in enumerate(steps)
        if (delay := step.get("delay")) and delay["unit"] != "immediately" and delay.get("amount") is None
    ]


def _draft(step: Mapping[str, Any]) -> StepDraft:
    delay, window, weekdays = step.get("delay") or {}, step.get("window") or {}, step.get("weekdays")
    given: dict[str, Any] = {
        "id": step.get("id"),
        "name": step.get("name"),
        "delay_amount": delay.get("amount"),
        "delay_unit": delay.get("unit"),
        "window_start": window.get("start"),
        "window_end": window.get("end"),
        "weekdays": None if weekdays is None else weekday_mask(weekdays),
        "sub_flow_id": step.get("sub_flow"),
        "is_enabled": step.get("enabled"),
        "content_type": step.get("content_type"),
        "notification_type": step.get("notification_type"),
        "outside_reply_window": step.get("outside_reply_window"),
        "fall_back_to": ",".join(dict.fromkeys(step.get("fall_back_to") or ())),
    }
    return StepDraft(**{name: value for name, value in given.items() if value is not None})
