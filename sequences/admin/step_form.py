"""One message of a sequence as a card that reads like a sentence."""

from __future__ import annotations

from datetime import time
from typing import Any

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from channels.admin.kinds import kind_label
from sequencer.workspaces.admin.forms import ActionForm
from sequencer.workspaces.admin.requests import number_of
from sequences.actions.save_sequence import StepDraft
from sequences.admin.folded_cards import with_stored_settings
from sequences.admin.rows import input_attrs, is_added_field, place_field
from sequences.admin.shown_card import ANY_TIME, BETWEEN, Shown, day_boxes, gist_of, shown_on
from sequences.admin.step_numbers import Numbers
from sequences.admin.sub_flow_choice import SubFlowField
from sequences.models import DelayUnit, OutsideReplyWindow, Step, SubFlow
from sequences.models.step import CONTENT_TYPES, NOTIFICATION_TYPES
from sequences.rules.steps import kinds_in
from sequences.rules.timing import ALL_DAYS

SIMPLE = (
    "delay_amount",
    "delay_unit",
    "is_enabled",
    "content_type",
    "notification_type",
    "outside_reply_window",
)
DAYS = [
    (0, pgettext_lazy("Monday", "Mo")),
    (1, pgettext_lazy("Tuesday", "Tu")),
    (2, pgettext_lazy("Wednesday", "We")),
    (3, pgettext_lazy("Thursday", "Th")),
    (4, pgettext_lazy("Friday", "Fr")),
    (5, pgettext_lazy("Saturday", "Sa")),
    (6, pgettext_lazy("Sunday", "Su")),
]


def _hour(label: Any) -> forms.TimeInput:
    return forms.TimeInput(input_attrs(type="time", **{"aria-label": label}), format="%H:%M")


class StepForm(ActionForm):
    """Fields of the model are given anew where the card shows them otherwise than a row of a table."""

    place = place_field()
    is_added = is_added_field()
    name = forms.CharField(
        required=False, max_length=100, widget=forms.TextInput(input_attrs(placeholder=_("Name (optional)")))
    )
    delay_amount = forms.IntegerField(required=False, widget=forms.NumberInput(input_attrs(min=0, step=1)))
    delay_unit = forms.ChoiceField(
        choices=DelayUnit.choices, widget=forms.Select(input_attrs(**{"aria-label": _("Unit of the countdown")}))
    )
    sending = forms.ChoiceField(
        choices=[(ANY_TIME, _("any time")), (BETWEEN, _("between"))],
        widget=forms.Select(input_attrs(**{"aria-label": _("When it may be sent")})),
    )
    window_start = forms.TimeField(required=False, widget=_hour(_("Send from")))
    window_end = forms.TimeField(required=False, widget=_hour(_("Send until")))
    days = forms.TypedMultipleChoiceField(choices=DAYS, coerce=int, required=False, widget=forms.CheckboxSelectMultiple)
    sub_flow = SubFlowField(required=False)
    is_enabled = forms.BooleanField(required=False, initial=True)
    content_type = forms.ChoiceField(choices=CONTENT_TYPES, widget=forms.Select(input_attrs()))
    notification_type = forms.ChoiceField(choices=NOTIFICATION_TYPES, widget=forms.Select(input_attrs()))
    outside_reply_window = forms.ChoiceField(choices=OutsideReplyWindow.choices, widget=forms.Select(input_attrs()))
    fall_back_to = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)

    shows_labels = False
    field_names = {"window": "window_start", "delay": "delay_amount", "weekdays": "days"}

    class Meta:
        model = Step
        fields = (
            "name",
            "delay_amount",
            "delay_unit",
            "window_start",
            "window_end",
            "sub_flow",
            "is_enabled",
            "content_type",
            "notification_type",
            "outside_reply_window",
        )

    # The page loads the cards' files once.
    media = forms.Media()
    # What the card shows beside its fields; the formset asks for all cards at once.
    lists_all = True
    shown_sub_flow: SubFlow | None = None
    is_gone_there = False
    numbers: Numbers | None = None
    late_share = ""
    comes_later = False

    def __init__(self, *args: Any, sub_flows: dict[int, str], kinds: tuple[str, ...] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sub_flow"].names = sub_flows  # type: ignore[attr-defined]
        step = self.instance
        for name in SIMPLE:
            self.initial.setdefault(name, getattr(step, name))
        self.initial["sub_flow"] = step.sub_flow_id
        self.fields["fall_back_to"].choices = [(kind, kind_label(kind)) for kind in kinds]  # type: ignore[attr-defined]
        self.initial["fall_back_to"] = list(kinds_in(step.fall_back_to))
        self.initial["days"] = [day for day in range(7) if step.weekdays >> day & 1]
        self.initial["sending"] = ANY_TIME if step.window_start is None else BETWEEN
        # What the two hours say before anybody chose: the article's own example.
        self.initial["window_start"] = step.window_start or time(9)
        self.initial["window_end"] = step.window_end or time(18)
        if self.is_bound:
            self.data = with_stored_settings(self)

    def __getitem__(self, name: str) -> forms.BoundField:
        """A template asks for each attribute as a field first, and Django's own error costs more than that."""
        if name not in self.fields:
            raise KeyError(name)
        return super().__getitem__(name)

    def has_changed(self) -> bool:
        """Being numbered does not make an empty card a message."""
        return any(name != "place" for name in self.changed_data)

    def must_be_seen(self) -> bool:
        """It has problems, or nobody has stored it yet."""
        return bool(self.errors or self["is_added"].value())

    @property
    def is_stored(self) -> bool:
        return bool(self.instance.pk)

    @property
    def can_delete(self) -> bool:
        return "DELETE" in self.fields

    @property
    def problems(self) -> str:
        """Its own name where it has any: no card is like one with problems."""
        return str(self.prefix) if self.errors else ""

    @cached_property
    def shown(self) -> Shown:
        return shown_on(self)

    def gist(self) -> str:
        return gist_of(self)

    def day_boxes(self) -> list[tuple[int, Any, Any, bool]]:
        return day_boxes(self)

    def draft(self) -> StepDraft:
        values = self.cleaned_data
        is_between = values["sending"] == BETWEEN
        is_immediate = values["delay_unit"] == DelayUnit.IMMEDIATELY
        return StepDraft(
            id=self.instance.pk,
            name=values["name"],
            delay_amount=0 if is_immediate else values["delay_amount"] or 0,
            delay_unit=values["delay_unit"],
            window_start=values["window_start"] if is_between else None,
            window_end=values["window_end"] if is_between else None,
            weekdays=sum(1 << day for day in set(values["days"])) & ALL_DAYS,
            sub_flow_id=values["sub_flow"],
            is_enabled=values["is_enabled"],
            content_type=values["content_type"],
            notification_type=values["notification_type"],
            outside_reply_window=values["outside_reply_window"],
            fall_back_to=",".join(self._in_order(values["fall_back_to"])),
        )

    def _in_order(self, chosen: list[str]) -> list[str]:
        """Boxes have no order: what was stored keeps its own, and what is new comes behind."""
        kept = [kind for kind in kinds_in(self.instance.fall_back_to) if kind in chosen]
        return [*kept, *(kind for kind in chosen if kind not in kept)]

    def fall_back_boxes(self) -> list[dict[str, Any]]:
        """The kinds of channels on which the same person may be reached instead; none where there is only one."""
        choices: list[tuple[str, str]] = self.fields["fall_back_to"].choices  # type: ignore[attr-defined]
        chosen = self.shown.fall_back_to
        boxes = [{"value": kind, "name": name, "is_on": kind in chosen} for kind, name in choices]
        return boxes if len(boxes) > 1 or chosen else []

    def sub_flow_options(self) -> list[tuple[int, str]]:
        """What the chooser offers: everything, or the chosen one where the script fetches the rest."""
        names: dict[int, str] = self.fields["sub_flow"].names  # type: ignore[attr-defined]
        chosen = self.chosen_sub_flow
        return list(names.items()) if self.lists_all else [(chosen, names[chosen])] if chosen in names else []

    @cached_property
    def chosen_sub_flow(self) -> int:
        return number_of(str(self["sub_flow"].value() or "")) or 0
