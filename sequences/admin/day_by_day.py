"""A sequence, or one of its messages, day by day: how far one looks back, the drawing, and the table under it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from collections.abc import Sequence as Rows
from datetime import date
from typing import Any

from django.http import HttpRequest
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from sequencer.workspaces.admin.requests import number_of
from sequences.admin.stacked_bars import stacked
from sequences.models import Step
from sequences.rules.day import words_of
from sequences.statistics import DayFigures

PERIODS = (7, 30, 90, 365)
USUAL = 30
PEOPLE = {
    "subscribed": pgettext_lazy("people", "Came in"),
    "completed": pgettext_lazy("people", "Got to the end"),
    "opted_out": pgettext_lazy("people", "Opted out"),
    "left": pgettext_lazy("people", "Left for another reason"),
}
MESSAGES = {
    "sent": pgettext_lazy("messages", "Sent"),
    "delivered": pgettext_lazy("messages", "Delivered"),
    "read": pgettext_lazy("messages", "Read"),
    "skipped": pgettext_lazy("messages", "Skipped"),
    "failed": pgettext_lazy("messages", "Failed"),
    "unknown": pgettext_lazy("messages", "Unknown"),
}


def period_of(request: HttpRequest) -> int:
    """How many days one looks back, today among them."""
    asked = number_of(request.GET.get("days"))
    return asked if asked in PERIODS else USUAL


def day_by_day(
    request: HttpRequest, period: int, found: Mapping[date, DayFigures], steps: Rows[Step]
) -> dict[str, Any]:
    """The context of the section: the days of the period with their figures; `steps` are those that one may choose."""
    message = number_of(request.GET.get("message"))
    chosen = next((step for step in steps if step.pk == message), None)
    counted = {day: _words(figures, chosen) for day, figures in found.items()}
    columns = MESSAGES if chosen else {**PEOPLE, **MESSAGES}
    total = sum(counted.values(), Counter[str]())
    busy = [(day, words) for day, words in sorted(counted.items(), reverse=True) if any(words.values())]
    return {
        "chart": stacked(list(counted.values())),
        "periods": [(number, _("Last %(days)s days") % {"days": number}) for number in PERIODS],
        "period": period,
        "chosen": chosen,
        "first_day": min(found),
        "last_day": max(found),
        "columns": list(columns.values()),
        "lines": [_line(_("Together"), total, columns)]
        + [_line(date_format(day, "DATE_FORMAT"), words, columns) for day, words in busy],
        "has_any": bool(busy),
    }


def _words(figures: DayFigures, chosen: Step | None) -> Counter[str]:
    if chosen:
        return words_of(figures.steps.get(chosen.pk, {}))
    words = words_of(figures.messages)
    for word, number in figures.entries.items():
        words[word if word in PEOPLE else "left"] += number
    return words


def _line(name: str, words: Counter[str], columns: dict[str, Any]) -> dict[str, Any]:
    cells = [(label, number_format(words[word], force_grouping=True)) for word, label in columns.items()]
    return {"name": name, "cells": cells}
