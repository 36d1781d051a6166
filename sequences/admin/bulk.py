"""Subscribe many contacts to a sequence, or take them out: a page that asks for the sequence, then the counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.widgets import UnfoldAdminSelectWidget

from channels.models import Contact
from sequencer.workspaces.access import visible
from sequencer.workspaces.actor import Actor
from sequencer.workspaces.admin.requests import access_to, actor_of
from sequencer.workspaces.refusals import Conflict
from sequences.actions.subscribe import OPEN_FOR_PEOPLE, subscribe
from sequences.actions.unsubscribe import unsubscribe
from sequences.admin.closed_windows import begins_inside_the_window_only, count_closed
from sequences.models import Sequence

# Among the answers' own reasons: entered, but the first message will not go as things are.
WINDOW_CLOSED = "reply_window_closed"
MOST_AT_ONCE = 5000
BATCH = 500


class ChooseSequenceForm(forms.Form):
    sequence = forms.ModelChoiceField(
        label=gettext_lazy("Sequence"),
        queryset=Sequence.objects.none(),
        empty_label=gettext_lazy("Choose a sequence…"),
        widget=UnfoldAdminSelectWidget,
    )


def choose_sequence(
    admin: Any, request: HttpRequest, contacts: QuerySet[Contact], *, is_leaving: bool
) -> HttpResponse | None:
    """The page that asks; once a sequence was chosen, the deed, and None to go back to the list."""
    count = contacts[: MOST_AT_ONCE + 1].count()
    if count > MOST_AT_ONCE:
        messages.error(request, _("At most %(most)s contacts at once; choose fewer.") % {"most": MOST_AT_ONCE})
        return None
    form = ChooseSequenceForm(request.POST if "apply" in request.POST else None)
    open_ones = visible(Sequence.objects.all(), access_to(request).workspace).filter(state__in=OPEN_FOR_PEOPLE)
    form.fields["sequence"].queryset = open_ones.order_by("name", "pk")  # type: ignore[attr-defined]
    if form.is_valid():
        _act(admin, request, form.cleaned_data["sequence"], contacts, is_leaving=is_leaving)
        return None
    return _page(admin, request, form, count, is_leaving=is_leaving)


def _page(admin: Any, request: HttpRequest, form: forms.Form, count: int, *, is_leaving: bool) -> HttpResponse:
    context = {
        **admin.admin_site.each_context(request),
        "title": _("Unsubscribe from a sequence") if is_leaving else _("Subscribe to a sequence"),
        "opts": admin.opts,
        "form": form,
        "count": count,
        "action": "unsubscribe" if is_leaving else "subscribe",
        "is_leaving": is_leaving,
        "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
        "select_across": request.POST.get("select_across", "0"),
        "checkbox_name": ACTION_CHECKBOX_NAME,
    }
    return TemplateResponse(request, "sequences/choose_sequence.html", context)


def _act(
    admin: Any, request: HttpRequest, sequence: Sequence, contacts: QuerySet[Contact], *, is_leaving: bool
) -> None:
    now, actor = timezone.now(), actor_of(request)
    try:
        counts = (_take_out if is_leaving else _bring_in)(sequence, contacts, now=now, actor=actor)
    except Conflict as conflict:
        messages.error(request, str(admin.admin_site.explain(conflict.code, {})))
        return
    done, closed = counts.pop("", 0), counts.pop(WINDOW_CLOSED, 0)
    messages.success(request, _done(done, sequence, is_leaving=is_leaving))
    if closed:
        messages.warning(request, _closed(closed))
    for code, number in counts.items():
        messages.warning(request, f"{number} × {admin.admin_site.explain(code, {})}")


def _bring_in(sequence: Sequence, contacts: QuerySet[Contact], *, now: datetime, actor: Actor) -> Counter[str]:
    counts: Counter[str] = Counter()
    needs_window = begins_inside_the_window_only(sequence)
    for batch in _batches(contacts):
        answers = subscribe(sequence, batch, now=now, actor=actor)
        counts.update(answer.reason for answer in answers)
        if needs_window:
            counts[WINDOW_CLOSED] += count_closed((one.contact for one in answers if one.created), now=now)
    return counts


def _take_out(sequence: Sequence, contacts: QuerySet[Contact], *, now: datetime, actor: Actor) -> Counter[str]:
    counts: Counter[str] = Counter()
    for batch in _batches(contacts):
        answers = unsubscribe(sequence, batch, now=now, actor=actor)
        counts.update("" if answer.stopped else "not_subscribed" for answer in answers)
    return counts


def _batches(contacts: QuerySet[Contact]) -> Iterator[list[Contact]]:
    rows = list(contacts.select_related("channel").order_by("pk"))
    return (rows[start : start + BATCH] for start in range(0, len(rows), BATCH))


def _closed(count: int) -> str:
    text = ngettext(
        "%(count)s person has not written within 24 hours: the first message is Default / Other and will not go.",
        "%(count)s people have not written within 24 hours: the first message is Default / Other and will not go.",
        count,
    )
    return text % {"count": count}


def _done(count: int, sequence: Sequence, *, is_leaving: bool) -> str:
    if is_leaving:
        text = ngettext("%(count)s person left %(name)s.", "%(count)s people left %(name)s.", count)
    else:
        text = ngettext("%(count)s person entered %(name)s.", "%(count)s people entered %(name)s.", count)
    return text % {"count": count, "name": sequence}
