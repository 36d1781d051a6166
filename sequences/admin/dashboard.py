"""The first page: what needs attention, the day so far, what comes, and where one worked last."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from channels.models import Channel
from sequencer.workspaces.access import Access, visible
from sequencer.workspaces.admin.requests import access_to
from sequencer.workspaces.admin.site import site
from sequences.admin.attention_words import worded
from sequences.admin.dashboard_figures import MOST, MOST_CHANNELS, MOST_OF_A_DAY, Figures, figures_of
from sequences.admin.hours_chart import chart_of
from sequences.models import Sequence
from sequences.rules.attention import alerts
from sequences.rules.day import Day
from sequences.worker import database_clock

# word -> its name, and the state that the list of deliveries filters by.
WORDS: dict[str, tuple[Any, str]] = {
    "sent": (pgettext_lazy("messages", "Sent"), "sent"),
    "delivered": (pgettext_lazy("messages", "Delivered"), "delivered"),
    "read": (pgettext_lazy("messages", "Read"), "read"),
    "skipped": (pgettext_lazy("messages", "Skipped"), "skipped"),
    "failed": (pgettext_lazy("messages", "Failed"), "failed"),
    "unknown": (pgettext_lazy("messages", "Unknown"), "unknown"),
    "wrote": (_("People who wrote"), ""),
}


def dashboard(request: HttpRequest) -> HttpResponse:
    access, now = access_to(request), database_clock()
    context = {**site.each_context(request), "title": site.index_title, "is_first_page": True}
    if not visible(Sequence.objects.in_use(), access.workspace).exists():
        return TemplateResponse(request, "sequences/dashboard/empty.html", {**context, **_first_steps(access)})
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    figures = figures_of(access.workspace, now=now, midnight=midnight)
    return TemplateResponse(request, "sequences/dashboard/page.html", {**context, **_shown(figures, access, midnight)})


def _shown(figures: Figures, access: Access, midnight: datetime) -> dict[str, Any]:
    return {
        "alerts": [worded(alert, access) for alert in alerts(figures.seen)],
        "most_channels": MOST_CHANNELS if figures.are_channels_cut else 0,
        "today": midnight,
        "tiles": _tiles(figures.day),
        "is_day_cut": figures.is_day_cut,
        "most_of_a_day": MOST_OF_A_DAY,
        "chart": chart_of(figures.day),
        "hours": _table(figures.day),
        "words": [name for name, _state in WORDS.values()],
        "coming": [
            {"sequence": sequence, "figures": row, "link": _people_in(sequence)} for sequence, row in figures.coming
        ],
        "is_coming_cut": figures.is_coming_cut,
        "most": MOST,
        "recent": figures.recent,
        "may_change": access.may_change(Sequence),
    }


def _tiles(day: Day) -> list[dict[str, Any]]:
    ledger = reverse("admin:sequences_delivery_changelist")
    return [
        {
            "word": word,
            "name": name,
            "count": day.totals[word],
            "link": f"{ledger}?{urlencode({'state__exact': state})}" if state else "",
        }
        for word, (name, state) in WORDS.items()
    ]


def _table(day: Day) -> list[dict[str, Any]]:
    """Only the hours in which something happened."""
    return [
        {"hour": f"{hour:02}:00", "counts": [{"name": WORDS[word][0], "count": words[word]} for word in WORDS]}
        for hour, words in sorted(day.hours.items())
    ]


def _people_in(sequence: Sequence) -> str:
    return reverse("admin:sequences_people", args=[sequence.pk])


def _first_steps(access: Access) -> dict[str, Any]:
    return {
        "may_change": access.may_change(Sequence),
        "may_connect": access.may_change(Channel),
        "has_channel": visible(Channel.objects.all(), access.workspace).exists(),
        "recipes": reverse("admin:sequences_recipes"),
    }


site.first_page = dashboard
