"""The numbers of one sequence, message by message."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from sequencer.workspaces.admin.site import site
from sequences.admin.message_numbers import MOST_COUNTED, MessageNumbers, Tally, numbers_of
from sequences.admin.sequence_page import page_of, sequence_of
from sequences.models import DeliveryState
from sequences.sentences import sentence


def sequence_numbers(request: HttpRequest, sequence_id: int) -> HttpResponse:
    sequence = sequence_of(request, sequence_id)
    counted = numbers_of(sequence, now=timezone.now())
    context = page_of(
        request,
        sequence,
        _("Numbers"),
        "numbers",
        cards=[_card(number, one) for number, one in enumerate(counted, 1)],
        most=number_format(MOST_COUNTED, force_grouping=True),
        is_capped=any(one.is_capped for one in counted),
    )
    return TemplateResponse(request, "sequences/numbers.html", context)


def _card(number: int, one: MessageNumbers) -> dict[str, Any]:
    return {
        "number": number,
        "step": one.step,
        "name": one.step.name or str(one.step.sub_flow),
        "waiting": _shown(one.waiting),
        "is_capped": one.is_capped,
        "columns": [(_("In all"), _figures(one.ever, one.is_capped)), (_("Last 30 days"), _figures(one.recent, False))],
        "reasons": [
            (DeliveryState(state).label, sentence(reason), count)
            for (state, reason), count in one.ever.reasons.most_common()
        ],
        "has_any": bool(one.ever.total or one.waiting),
    }


def _figures(tally: Tally, is_capped: bool) -> list[tuple[Any, str, str]]:
    """Label, number and share; a share of what was counted says more than a number that was cut."""
    plus = "+" if is_capped else ""
    return [
        (_("Sent"), number_format(tally.sent, force_grouping=True) + plus, ""),
        (_("Delivered"), number_format(tally.delivered, force_grouping=True), _share(tally.delivered, tally.sent)),
        (_("Read"), number_format(tally.read, force_grouping=True), _share(tally.read, tally.sent)),
        (_("Skipped"), number_format(tally.states[DeliveryState.SKIPPED], force_grouping=True), ""),
        (_("Failed"), number_format(tally.states[DeliveryState.FAILED], force_grouping=True), ""),
        (_("Unknown"), number_format(tally.states[DeliveryState.UNKNOWN], force_grouping=True), ""),
    ]


def _share(part: int, whole: int) -> str:
    return f"{round(100 * part / whole)} %" if whole and part else ""


def _shown(count: int) -> str:
    text = number_format(count, force_grouping=True)
    return f"{text}+" if count >= MOST_COUNTED else text


site.add_page("sequences/sequence/<int:sequence_id>/numbers/", sequence_numbers, "sequences_numbers")
