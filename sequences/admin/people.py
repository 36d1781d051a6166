"""The people of one sequence: at which message, when next on their own clock, and why then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from channels.models import Channel
from sequencer.workspaces.access import visible
from sequencer.workspaces.admin.requests import access_to, actor_of, number_of
from sequencer.workspaces.admin.site import site
from sequences.actions.planning import zone_of
from sequences.actions.unsubscribe import stop_subscriptions
from sequences.admin.found_people import MOST_SEARCHED, found_people
from sequences.admin.next_message import why
from sequences.admin.sequence_page import moment_in, page_of, sequence_of
from sequences.models import Sequence, Step, Subscription, SubscriptionState
from sequences.rules.reasons import Because, EndedBecause
from sequences.sentences import sentence
from sequences.worker import database_clock

PAGE = 50
# A filter that fits few of a million is not looked for through all of them at once: so many, then a link goes on.
LOOKED_THROUGH = 20_000
MOST_FOUND = 1000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the page was asked for; foreign or mistyped values ask for nothing."""

    state: str = SubscriptionState.ACTIVE
    step: int | None = None
    channel: int | None = None
    because: str = ""
    query: str = ""
    after: int | None = None

    @classmethod
    def by(cls, request: HttpRequest) -> Wanted:
        given = request.GET
        state, because = given.get("state", SubscriptionState.ACTIVE), given.get("because", "")
        return cls(
            state if state in (*SubscriptionState.values, "all") else SubscriptionState.ACTIVE,
            number_of(given.get("step")),
            number_of(given.get("channel")),
            because if because in list(Because) else "",
            given.get("q", "").replace("\x00", "").strip()[:100],
            number_of(given.get("after")),
        )

    def address(self, after: int) -> str:
        """The next page of the same question."""
        asked = {"state": self.state, "step": self.step, "channel": self.channel, "because": self.because}
        return "?" + urlencode(
            {name: value for name, value in {**asked, "q": self.query, "after": after}.items() if value}
        )


@dataclass(frozen=True, slots=True)
class Found:
    """A page of rows; `more` goes on where it ended, `is_cut` when it ended before the page was full."""

    rows: list[Subscription]
    more: str = ""
    is_cut: bool = False


def sequence_people(request: HttpRequest, sequence_id: int) -> HttpResponse:
    sequence = sequence_of(request, sequence_id)
    wanted, now = Wanted.by(request), database_clock()
    found = _search(sequence, wanted) if wanted.query else _browse(sequence, wanted)
    context = page_of(
        request,
        sequence,
        _("People"),
        "people",
        wanted=wanted,
        most_searched=number_format(MOST_SEARCHED, force_grouping=True),
        found=found,
        lines=[_line(row, sequence, now) for row in found.rows],
        states=[*SubscriptionState.choices, ("all", _("All"))],
        steps=list(enumerate(Step.objects.filter(sequence=sequence).in_use().in_order().select_related("sub_flow"), 1)),
        channels=visible(Channel.objects.all(), access_to(request).workspace).order_by("name", "pk"),
        reasons=[(word.value, _waits_for(word)) for word in Because],
        is_filtered=wanted not in (Wanted(), Wanted(after=wanted.after)),
    )
    return TemplateResponse(request, "sequences/people.html", context)


def stop_people(request: HttpRequest, sequence_id: int) -> HttpResponse:
    """Stop the sequence for those that were ticked."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    sequence = sequence_of(request, sequence_id, to_change=True)
    if not access_to(request).may_change(Subscription):
        raise PermissionDenied
    ticked = [number for text in request.POST.getlist("person")[:PAGE] if (number := number_of(text))]
    mine = Subscription.objects.filter(sequence=sequence, pk__in=ticked).values_list("pk", flat=True)
    count = stop_subscriptions(mine, because=EndedBecause.UNSUBSCRIBED, now=timezone.now(), actor=actor_of(request))
    if count:
        text = ngettext("Stopped for %(count)s person.", "Stopped for %(count)s people.", count)
        messages.success(request, text % {"count": count})
    else:
        messages.warning(request, _("Tick the people first for whom it is to stop."))
    return HttpResponseRedirect(reverse("admin:sequences_people", args=[sequence.pk]))


def _browse(sequence: Sequence, wanted: Wanted) -> Found:
    """The newest first, page by page along the index; a filter looks through a bounded stretch of it."""
    rows = Subscription.objects.filter(sequence=sequence)
    if wanted.state != "all":
        rows = rows.filter(state=wanted.state)
    if wanted.after is not None:
        rows = rows.filter(pk__lt=wanted.after)
    ordered = rows.order_by("-pk")
    stretch = ordered.values_list("pk", flat=True)
    last = stretch[LOOKED_THROUGH - 1 : LOOKED_THROUGH].first()
    within = ordered.filter(pk__gte=last) if last else ordered
    listed = _loaded(_filtered(within, wanted))[: PAGE + 1]
    found = list(listed)
    if len(found) > PAGE:
        return Found(found[:PAGE], wanted.address(found[PAGE - 1].pk))
    return Found(found, wanted.address(last), is_cut=True) if last else Found(found)


def _search(sequence: Sequence, wanted: Wanted) -> Found:
    """People by words of their name or address: found among the contacts first, then looked up here."""
    people = found_people(sequence.workspace_id, wanted.query, most=MOST_FOUND)
    rows = Subscription.objects.filter(sequence=sequence, contact__in=[one.pk for one in people]).order_by("-pk")
    if wanted.state != "all":
        rows = rows.filter(state=wanted.state)
    if wanted.after is not None:
        rows = rows.filter(pk__lt=wanted.after)
    found = list(_loaded(_filtered(rows, wanted))[: PAGE + 1])
    if len(found) > PAGE:
        return Found(found[:PAGE], wanted.address(found[PAGE - 1].pk))
    return Found(found)


def _filtered(rows: QuerySet[Subscription], wanted: Wanted) -> QuerySet[Subscription]:
    named = {"next_step": wanted.step, "channel": wanted.channel, "next_because": wanted.because}
    return rows.filter(**{name: value for name, value in named.items() if value})


def _loaded(rows: QuerySet[Subscription]) -> QuerySet[Subscription]:
    return rows.select_related("contact", "channel", "next_step__sub_flow")


def _line(row: Subscription, sequence: Sequence, now: datetime) -> dict[str, Any]:
    zone = zone_of(row.contact, sequence.workspace.time_zone)
    step = row.next_step
    return {
        "row": row,
        "message": step.title if step else "",
        "moment": moment_in(zone, row.next_send_at),
        "is_late": bool(row.next_send_at and row.next_send_at < now),
        "why": why(row, now=now),
    }


def _waits_for(word: Because) -> str:
    return _("It waits until the person writes.") if word == Because.REPLY_WINDOW_CLOSED else sentence(word.value)


site.add_page("sequences/sequence/<int:sequence_id>/people/", sequence_people, "sequences_people")
site.add_page("sequences/sequence/<int:sequence_id>/people/stop/", stop_people, "sequences_people_stop")
