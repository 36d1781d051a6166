"""The page "Rules" of a sequence: which events start it, stop it, or start it anew."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from sequencer.workspaces.access import visible
from sequencer.workspaces.admin.requests import access_to, actor_of
from sequencer.workspaces.admin.site import site
from sequencer.workspaces.refusals import Conflict, Refused
from sequences.actions.save_event_rules import MAX_RULES, RuleDraft, rules_of, save_event_rules
from sequences.admin.rows import input_attrs
from sequences.admin.sequence_page import page_of, sequence_of
from sequences.models import ContactEvent, EventVerb, Sequence, SequenceState
from sequences.rules.event_names import BUTTON_TAPPED, EXAMPLE, MAX_NAME, MESSAGE_RECEIVED, NOTICED

MOST_LOOKED_AT = 500
EMPTY_ROWS = 3
# No event can be called so.
ANOTHER = "?"
NOTICED_WORDS = {
    MESSAGE_RECEIVED: pgettext_lazy("rule", "the person writes"),
    BUTTON_TAPPED: pgettext_lazy("rule", "the person taps a button"),
}


class RuleForm(forms.Form):
    """One sentence: when this happens, that is done. A row in which nothing happens is none.

    `what` is an event that is known here; one that nobody has told of yet is written in `event`.
    """

    what = forms.ChoiceField(label=_("When"), required=False, widget=forms.Select(input_attrs()))
    event = forms.CharField(
        label=_("Name of the event"),
        required=False,
        max_length=MAX_NAME,
        widget=forms.TextInput(input_attrs(autocomplete="off", autocapitalize="none", placeholder=EXAMPLE)),
    )
    verb = forms.ChoiceField(label=_("What it does"), choices=EventVerb.choices, widget=forms.Select(input_attrs()))

    def __init__(self, *args: Any, known: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [(name, NOTICED_WORDS.get(name, name)) for name in known]
        choices = [("", _("choose what happens…")), *names, (ANOTHER, _("another event happens…"))]
        self.fields["what"].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """`event` is what the row is about, wherever it was said."""
        what, written = self.cleaned_data.get("what", ""), self.cleaned_data.get("event", "")
        if what == ANOTHER and not written:
            self.add_error("event", gettext("Write the name of the event."))
        return {**self.cleaned_data, "event": written if what in ("", ANOTHER) else what}


RuleForms = forms.formset_factory(RuleForm, extra=EMPTY_ROWS, max_num=MAX_RULES, absolute_max=MAX_RULES + 20)


def event_rules(request: HttpRequest, sequence_id: int) -> HttpResponse:
    sequence = sequence_of(request, sequence_id)
    may_change = access_to(request).may_change(Sequence) and sequence.state != SequenceState.ARCHIVED
    if request.method == "POST" and not may_change:
        raise PermissionDenied
    stored = [{"what": rule.event, "verb": rule.verb} for rule in rules_of(sequence)]
    known = list(dict.fromkeys([*_known_events(request), *(rule["what"] for rule in stored)]))
    formset = RuleForms(request.POST or None, initial=stored, prefix="rules", form_kwargs={"known": known})
    if request.method == "POST" and formset.is_valid() and _save(request, sequence, formset):
        messages.success(request, _("The rules were saved."))
        return HttpResponseRedirect(reverse("admin:sequence_rules", args=[sequence.pk]))
    context = page_of(request, sequence, _("Rules"), "rules", formset=formset, may_change=may_change, example=EXAMPLE)
    return TemplateResponse(request, "sequences/event_rules.html", context)


def _save(request: HttpRequest, sequence: Sequence, formset: Any) -> bool:
    rows = [form for form in formset.forms if form.cleaned_data.get("event")]
    drafts = [RuleDraft(form.cleaned_data["event"], form.cleaned_data["verb"]) for form in rows]
    try:
        save_event_rules(sequence, drafts, now=timezone.now(), actor=actor_of(request))
    except Refused as refused:
        for problem in refused.problems:
            sentence = site.explain(problem.code, problem.params)
            _, _, place = problem.field.partition(".")
            number, _, name = place.partition(".")
            if number.isdecimal():
                rows[int(number)].add_error(name, sentence)
            else:
                messages.error(request, str(sentence))
        return False
    except Conflict as conflict:
        messages.error(request, str(site.explain(conflict.code, {})))
        return False
    return True


def _known_events(request: HttpRequest) -> list[str]:
    """What Sequencer notices by itself, and the names that came lately."""
    latest = visible(ContactEvent.objects.all(), access_to(request).workspace).order_by("-id")
    return [*NOTICED, *sorted(set(latest.values_list("name", flat=True)[:MOST_LOOKED_AT]))]


site.add_page("sequences/sequence/<int:sequence_id>/rules/", event_rules, "sequence_rules")
