"""What the fields of a card show: plain values, so that cards that show the same are rendered once."""

from __future__ import annotations

from datetime import time
from typing import Any, NamedTuple

from django.utils.dates import WEEKDAYS
from django.utils.translation import pgettext_lazy

from sequences.models import DelayUnit

# What the chooser "when to send" says.
ANY_TIME, BETWEEN = "any_time", "between"
# "1 hour", where the chooser says "hours".
ONE_OF = {
    DelayUnit.SECONDS.value: pgettext_lazy("unit of time", "second"),
    DelayUnit.MINUTES.value: pgettext_lazy("unit of time", "minute"),
    DelayUnit.HOURS.value: pgettext_lazy("unit of time", "hour"),
    DelayUnit.DAYS.value: pgettext_lazy("unit of time", "day"),
    DelayUnit.WEEKS.value: pgettext_lazy("unit of time", "week"),
}


class Shown(NamedTuple):
    """As stored, or as somebody typed it while a problem keeps it from being stored; `days` are digits."""

    delay_amount: str
    delay_unit: str
    sending: str
    hours: tuple[str, str]
    days: tuple[str, ...]
    sub_flow: int
    content_type: str
    notification_type: str
    outside_reply_window: str
    fall_back_to: tuple[str, ...]
    is_enabled: bool
    is_deleted: bool

    @property
    def timing(self) -> tuple[Any, ...]:
        return self[:5]

    @property
    def channel_settings(self) -> tuple[Any, ...]:
        return self[6:10]


def shown_on(card: Any) -> Shown:
    """`card` is a StepForm."""

    def value(name: str) -> str:
        found = card[name].value()
        return "" if found is None else str(found)

    return Shown(
        delay_amount=value("delay_amount"),
        delay_unit=value("delay_unit"),
        sending=value("sending"),
        hours=(_hour(card["window_start"].value()), _hour(card["window_end"].value())),
        days=tuple(str(day) for day in card["days"].value() or ()),
        sub_flow=card.chosen_sub_flow,
        content_type=value("content_type"),
        notification_type=value("notification_type"),
        outside_reply_window=value("outside_reply_window"),
        fall_back_to=tuple(card["fall_back_to"].value() or ()),
        is_enabled=bool(card["is_enabled"].value()),
        is_deleted=card.can_delete and bool(card["DELETE"].value()),
    )


def gist_of(card: Any) -> str:
    """What a folded StepForm says in a line; messages.js says the same of one that is edited."""
    shown: Shown = card.shown
    unit = dict(card.fields["delay_unit"].choices).get(shown.delay_unit, shown.delay_unit)
    if shown.delay_amount == "1":
        unit = ONE_OF.get(shown.delay_unit, unit)
    wait = str(unit) if shown.delay_unit == DelayUnit.IMMEDIATELY else f"{shown.delay_amount} {unit}"
    hours = "–".join(shown.hours) if shown.sending == BETWEEN else ""
    boxes = day_boxes(card)
    days = "" if all(is_on for *_, is_on in boxes) else " ".join(str(short) for _, short, _, is_on in boxes if is_on)
    name = card.fields["sub_flow"].names.get(shown.sub_flow)
    return " · ".join(part for part in (wait, hours, days, f"→ {name}" if name else "") if part)


def day_boxes(card: Any) -> list[tuple[int, Any, Any, bool]]:
    """(number, short name, name, whether it is ticked) of each weekday."""
    chosen = card.shown.days
    return [(day, short, WEEKDAYS[day], str(day) in chosen) for day, short in card.fields["days"].choices]


def _hour(value: Any) -> str:
    """As a browser writes hours, or as somebody wrote what cannot be read."""
    return f"{value:%H:%M}" if isinstance(value, time) else str(value or "")
