"""sequences/<id>/statistics/: what became of a sequence and of each of its messages, day by day."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from typing import Any

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from sequencer.workspaces.access import visible
from sequences.api.fields import Number, PublicId
from sequences.api.filters import OF_PAGES
from sequences.api.pagination import PagesById, refuse_parameter
from sequences.api.shapes import Shape
from sequences.api.views import ApiView
from sequences.models import Sequence, Step
from sequences.rules.day import words_of
from sequences.rules.reasons import EndedBecause
from sequences.rules.shapes import shown
from sequences.statistics import MOST_DAYS, DayFigures, figures_by_day, zone_of

USUAL_DAYS = 30
WORDS = ("sent", "delivered", "read", "skipped", "failed", "unknown")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


class EndsShape(Shape):
    """How many left on that day, by why."""

    def get_fields(self) -> dict[str, Any]:
        return {why.value: Number(least=0) for why in EndedBecause}


class MessageFiguresShape(Shape):
    """Messages of which it was decided on that day that they go, or not; what is heard of them later counts there."""

    sent = Number(least=0, help_text="Taken by the provider: those delivered and read among them.")
    delivered = Number(least=0, help_text="Those read among them.")
    read = Number(least=0)  # type: ignore[assignment]  # the metaclass takes it away
    skipped = Number(least=0)
    failed = Number(least=0)
    unknown = Number(least=0)


class StepFiguresShape(MessageFiguresShape):
    step = PublicId(Step)


class DayShape(MessageFiguresShape):
    day = serializers.DateField(help_text="In the workspace's time zone.")
    subscribed = Number(least=0, help_text="People who came in on that day.")
    ended = EndsShape()
    steps = StepFiguresShape(many=True, help_text="The messages of which something became on that day.")


class PagesByDay(PagesById):
    """A page's cursor is a day's number in the calendar."""

    def pages_of(self, first: date, last: date, request: Request) -> tuple[date, date] | None:
        """The first and the last day of the page that was asked for; None when none is left."""
        self.request = request
        limit = self._limit(request)
        direction, pivot = self._cursor(request)
        low, high = first.toordinal(), last.toordinal()
        if direction == "b":
            end = max(low - 1, min(high, pivot - 1))
            begin = max(low, end - limit + 1)
        else:
            begin = min(high + 1, max(low, pivot + 1))
            end = min(high, begin + limit - 1)
        self.has_previous, self.has_next, self.ends = begin > low, end < high, (begin, end)
        return (date.fromordinal(begin), date.fromordinal(end)) if low <= begin <= end else None


FROM = OpenApiParameter("from", OpenApiTypes.DATE, description=f"The first day; else {USUAL_DAYS} days up to the last.")
UNTIL = OpenApiParameter(
    "until", OpenApiTypes.DATE, description=f"The last day, at most {MOST_DAYS} days on; else today."
)


class StatisticsView(ApiView):
    pagination_class = PagesByDay

    @extend_schema(
        operation_id="sequences_statistics_list", parameters=[FROM, UNTIL], responses={200: DayShape(many=True)}
    )
    def get(self, request: Request, id: str) -> Response:
        """Every day from the first to the last, also those on which nothing happened."""
        rows: Any = visible(Sequence.objects.select_related("workspace"), self.workspace)
        sequence = rows.filter(pk=Sequence.public_id.parse(id)).first()
        if sequence is None:
            raise Http404
        first, last = _range(request, today=self.now.astimezone(zone_of(sequence).tz).date())
        pages = PagesByDay()
        page = pages.pages_of(first, last, request)
        found = figures_by_day(sequence, *page) if page else {}
        return pages.get_paginated_response([_written(day, figures) for day, figures in found.items()])


def _range(request: Request, *, today: date) -> tuple[date, date]:
    for name in request.query_params:
        if name not in (*OF_PAGES, "from", "until"):
            refuse_parameter(shown(name), "unknown_field")
    last = _day(request, "until") or today
    first = _day(request, "from") or date.fromordinal(max(1, last.toordinal() - USUAL_DAYS + 1))
    most = min(date.max.toordinal(), first.toordinal() + MOST_DAYS - 1)
    if not first.toordinal() <= last.toordinal() <= most:
        refuse_parameter("until", "out_of_range", min=first.isoformat(), max=date.fromordinal(most).isoformat())
    return first, last


def _day(request: Request, name: str) -> date | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    refuse_parameter(name, "invalid_format", example="2026-05-01")


def _written(day: date, figures: DayFigures) -> dict[str, Any]:
    return {
        "day": day.isoformat(),
        "subscribed": figures.entries["subscribed"],
        "ended": {why.value: figures.entries[why.value] for why in EndedBecause},
        **_messages(figures.messages),
        "steps": [
            {"step": Step.public_id.of(number), **_messages(states)} for number, states in sorted(figures.steps.items())
        ],
    }


def _messages(states: Counter[str]) -> dict[str, int]:
    words = words_of(states)
    return {word: words[word] for word in WORDS}
