"""The numbers of one sequence, message by message."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from sequencer.workspaces.admin.site import site
from sequences.admin.day_by_day import day_by_day, period_of
from sequences.admin.message_numbers import MOST_COUNTED, Latest, latest_of
from sequences.admin.sequence_page import page_of, sequence_of
from sequences.admin.step_numbers import Numbers, numbers_by_state, numbers_of
from sequences.models import DeliveryState, Step
from sequences.sentences import sentence
from sequences.statistics import DayFigures, figures_by_day, zone_of

# Today and the days before it.
MONTH = 30


def sequence_numbers(request: HttpRequest, sequence_id: int) -> HttpResponse:
    sequence = sequence_of(request, sequence_id)
    ever = numbers_of(sequence)
    steps = Step.objects.filter(sequence=sequence).in_use().in_order().select_related("sub_flow")
    latest = [(step, latest_of(step)) for step in steps]
    today = timezone.now().astimezone(zone_of(sequence).tz).date()
    period = period_of(request)
    found = figures_by_day(sequence, today - timedelta(days=max(period, MONTH) - 1), today)
    month = list(found.values())[-MONTH:]
    context = page_of(
        request,
        sequence,
        _("Numbers"),
        "numbers",
        cards=[
            _card(number, step, ever.get(step.pk, Numbers()), _sum_of(step, month), lately)
            for number, (step, lately) in enumerate(latest, 1)
        ],
        days=day_by_day(request, period, dict(list(found.items())[-period:]), [step for step, _lately in latest]),
        most=_shown(MOST_COUNTED),
        is_cut=any(lately.is_cut for _step, lately in latest),
    )
    return TemplateResponse(request, "sequences/numbers.html", context)


def _sum_of(step: Step, days: Iterable[DayFigures]) -> Numbers:
    return numbers_by_state(sum((one.steps[step.pk] for one in days if step.pk in one.steps), Counter[str]()))


def _card(number: int, step: Step, ever: Numbers, recent: Numbers, lately: Latest) -> dict[str, Any]:
    return {
        "number": number,
        "step": step,
        "name": step.title,
        "waiting": _shown(ever.waiting),
        "is_share": ever.is_share,
        "columns": [
            (_("In all"), _figures(ever)),
            (_("Last 30 days"), _figures(recent)),
        ],
        "reasons": [
            (DeliveryState(state).label, sentence(reason), _shown(count))
            for (state, reason), count in lately.reasons.most_common()
        ],
        "has_any": bool(ever.waiting or lately.looked_at),
    }


def _figures(counted: Numbers) -> list[tuple[Any, str, str]]:
    """Label, number and share."""
    return [
        (_("Sent"), _shown(counted.sent), ""),
        (_("Delivered"), _shown(counted.delivered), _share(counted.delivered_share)),
        (_("Read"), _shown(counted.read), _share(counted.read_share)),
        (_("Skipped"), _shown(counted.skipped), ""),
        (_("Failed"), _shown(counted.failed), ""),
        (_("Unknown"), _shown(counted.unknown), ""),
    ]


def _share(percent: int) -> str:
    return f"{percent} %" if percent else ""


def _shown(count: int) -> str:
    return number_format(count, force_grouping=True)


site.add_page("sequences/sequence/<int:sequence_id>/numbers/", sequence_numbers, "sequences_numbers")
