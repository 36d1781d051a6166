"""The numbers of one sequence, message by message."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from sequencer.workspaces.admin.site import site
from sequences.admin.message_numbers import MOST_COUNTED, Latest, latest_of
from sequences.admin.sequence_page import page_of, sequence_of
from sequences.admin.step_numbers import Numbers, numbers_of
from sequences.models import DeliveryState, Step
from sequences.sentences import sentence


def sequence_numbers(request: HttpRequest, sequence_id: int) -> HttpResponse:
    sequence, now = sequence_of(request, sequence_id), timezone.now()
    ever = numbers_of(sequence)
    steps = Step.objects.filter(sequence=sequence).in_use().in_order().select_related("sub_flow")
    latest = [(step, latest_of(step, now=now)) for step in steps]
    context = page_of(
        request,
        sequence,
        _("Numbers"),
        "numbers",
        cards=[
            _card(number, step, ever.get(step.pk, Numbers()), lately) for number, (step, lately) in enumerate(latest, 1)
        ],
        most=_shown(MOST_COUNTED),
        is_cut=any(lately.is_cut for _step, lately in latest),
    )
    return TemplateResponse(request, "sequences/numbers.html", context)


def _card(number: int, step: Step, ever: Numbers, lately: Latest) -> dict[str, Any]:
    return {
        "number": number,
        "step": step,
        "name": step.title,
        "waiting": _shown(ever.waiting),
        "is_share": ever.is_share,
        "columns": [
            (_("In all"), _figures(ever, "")),
            (_("Last 30 days"), _figures(lately.recent, "+" if lately.is_recent_cut else "")),
        ],
        "reasons": [
            (DeliveryState(state).label, sentence(reason), _shown(count))
            for (state, reason), count in lately.reasons.most_common()
        ],
        "has_any": bool(ever.waiting or lately.looked_at),
    }


def _figures(counted: Numbers, plus: str) -> list[tuple[Any, str, str]]:
    """Label, number and share; a share of what was counted says more than a number that was cut."""
    return [
        (_("Sent"), _shown(counted.sent) + plus, ""),
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
