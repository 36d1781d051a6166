from __future__ import annotations

from copy import deepcopy
from typing import Any

from django import forms
from django.db.models import Q
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest

from channels.backends import kinds
from channels.models import Channel
from sequencer.workspaces.access import visible
from sequencer.workspaces.admin.requests import access_to
from sequencer.workspaces.admin.scoped import ScopedInline
from sequences.actions.elsewhere import gone_there
from sequences.admin.folded_cards import UNFOLDED_AT_MOST
from sequences.admin.rows import in_order
from sequences.admin.shown_card import ONE_OF
from sequences.admin.step_form import StepForm
from sequences.admin.step_numbers import numbers_of
from sequences.admin.sub_flow_choice import MOST_OPTIONS
from sequences.models import Step, SubFlow
from sequences.rules.drafts import MAX_STEPS
from sequences.rules.steps import kinds_in

FILES = ["vendor/sortable.js"]
FILES += [
    f"sequences/{name}.js" for name in ("arrange", "messages", "sub_flow_dialog", "foresight", "leaving", "later_cards")
]
# The page is shown before they are read.
SCRIPTS: list[Any] = [forms.Script(path, defer=True) for path in FILES]
# In the address of a page without script: each card's chooser lists everything.
ALL_CHOICES = "choices"


class SharedFields(dict[str, forms.Field]):
    """The fields of a page's cards: none has a state of its own, so they need no copy for each card."""

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, forms.Field]:
        return dict(self)


class StepFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    """The messages of one sequence; `live_forms` is the order in which they are stored and refused."""

    request: HttpRequest
    # What stands alike on all cards, once one was rendered.
    alike: dict[Any, str]
    unfolded_at_most = UNFOLDED_AT_MOST
    one_of = ONE_OF
    refused: list[tuple[str, Any]] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.alike = {}
        self.form_kwargs |= {"sub_flows": self._sub_flow_names(), "kinds": self._kinds()}

    def _sub_flow_names(self) -> dict[int, str]:
        """Asked once for all cards; what an old message still sends stays choosable there."""
        rows = visible(SubFlow.objects.all(), access_to(self.request).workspace)
        wanted = Q(archived_at=None)
        if self.instance.pk:
            wanted |= Q(pk__in=Step.objects.filter(sequence=self.instance).in_use().values("sub_flow"))
        return dict(rows.filter(wanted).order_by("name", "pk").values_list("pk", "name"))

    def _kinds(self) -> tuple[str, ...]:
        """Of the workspace's channels, in the order in which kinds are offered; and what a message names already."""
        found = set(visible(Channel.objects.all(), access_to(self.request).workspace).values_list("kind", flat=True))
        if self.instance.pk:
            named = Step.objects.filter(sequence=self.instance).in_use().exclude(fall_back_to="")
            found |= {kind for text in named.values_list("fall_back_to", flat=True) for kind in kinds_in(text)}
        return tuple(kind for kind in kinds() if kind in found)

    def add_fields(self, form: Any, index: int | None) -> None:
        """The id is looked up among the messages that were read already, not once more in each card."""
        super().add_fields(form, index)
        form.fields["id"] = forms.IntegerField(required=False, initial=form.instance.pk, widget=forms.HiddenInput)

    def live_forms(self) -> list[StepForm]:
        """Those that are stored: neither deleted nor an untouched empty card."""
        forms: list[Any] = [form for form in self.forms if form.instance.pk or form.has_changed()]
        return in_order([form for form in forms if not form.cleaned_data.get("DELETE")])

    def shown_forms(self) -> list[StepForm]:
        """In the order that somebody gave them, also while a problem keeps them from being stored."""
        shown: list[Any] = list(self.forms)
        self._furnish(shown)
        return in_order(shown) if self.is_bound else shown

    def _furnish(self, cards: list[StepForm]) -> None:
        """What cards show beside their fields, in as many queries for fifty as for one."""
        names: dict[int, str] = self.form_kwargs["sub_flows"]
        chosen = {card.chosen_sub_flow for card in cards} & set(names)
        contents = SubFlow.objects.in_bulk(list(chosen))
        gone = gone_there(contents.values())
        numbers = numbers_of(self.instance) if self.instance.pk else {}
        lists_all = len(names) * len(cards) <= MOST_OPTIONS or ALL_CHOICES in self.request.GET
        for card in cards:
            card.lists_all = lists_all
            card.shown_sub_flow = contents.get(card.chosen_sub_flow)
            card.is_gone_there = card.chosen_sub_flow in gone
            card.numbers = numbers.get(card.instance.pk or 0)
            card.comes_later = len(cards) > self.unfolded_at_most and not card.must_be_seen()

    def show_late(self, words: dict[str, str]) -> None:
        """Say on each card whose key is among `words` how many it would find with a closed 24-hour window."""
        cards: list[Any] = list(self.forms)
        for card in cards:
            card.late_share = words.get(card.prefix, "")

    def seen_at(self) -> str:
        """The edit that this page was opened on; it stays so while a problem keeps the form from being stored."""
        if self.is_bound:
            return str(self.data.get("seen_at", ""))
        return self.instance.updated_at.isoformat() if self.instance.pk else ""

    def full_clean(self) -> None:
        super().full_clean()
        if not self.is_bound or not self.refused or any(not hasattr(form, "cleaned_data") for form in self.forms):
            return
        live = self.live_forms()
        for path, sentence in self.refused:
            parts = path.split(".", 2)
            if parts[0] == "steps" and len(parts) > 1 and parts[1].isdecimal() and int(parts[1]) < len(live):
                form = live[int(parts[1])]
                form.add_error(form.field_of(parts[2] if len(parts) > 2 else "") or None, sentence)

    def clean(self) -> None:
        """The action checks what belongs together."""


class StepInline(ScopedInline):
    model = Step
    form = StepForm
    formset = StepFormSet
    fk_name = "sequence"
    template = "sequences/messages.html"
    max_num = MAX_STEPS
    absolute_max = MAX_STEPS + 20

    @property
    def media(self) -> forms.Media:
        return forms.Media(
            css={"all": ["sequences/cards.css", "sequences/trying.css", "sequences/sequence.css"]},
            js=SCRIPTS,
        )

    def get_queryset(self, request: HttpRequest) -> Any:
        rows: Any = super().get_queryset(request)
        return rows.in_use().in_order()

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        """An empty card for a new sequence, and where the script that adds cards does not run."""
        return 1 if obj is None or "add" in request.GET else 0

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        # Classes made for this request alone.
        formset.request = request
        formset.form.base_fields = SharedFields(deepcopy(formset.form.base_fields))
        formset.refused = [
            (problem.field, self.admin_site.explain(problem.code, problem.params))
            for problem in getattr(request, "refused", ())
        ]
        return formset

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The box "delete" of a card archives the message."""
        return access_to(request).may_change(Step)
