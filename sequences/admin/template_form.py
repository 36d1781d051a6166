"""The part of a sub-flow's form that binds a provider's template: picked from those that were read, or typed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from channels.content import Place, Slot
from channels.models import MessageTemplate
from sequencer.workspaces.models import Workspace
from sequences.rules.blocks import MAX_PARAMETERS

TYPED = "typed"  # no template's value: theirs hold a line between language and name
LEAST_FIELDS = 3
MOST_CHOICES = 300
IN_THE_HEADER = _("%(parameter)s in the header")
BY_PLACE = {
    Place.HEADER_IMAGE: _("address of the picture in the header"),
    Place.HEADER_VIDEO: _("address of the video in the header"),
    Place.HEADER_DOCUMENT: _("address of the document in the header"),
    Place.URL_BUTTON: _("end of the button's address"),
    Place.POSTBACK_BUTTON: _("answer of the button"),
}


@dataclass(frozen=True, slots=True)
class TemplateChoice:
    """One template of the provider, with the channels that have it; `labels` name its parameters."""

    value: str
    rows: tuple[MessageTemplate, ...]

    @property
    def template(self) -> MessageTemplate:
        """The one that says most: approved before others, read before merely heard of."""
        return max(self.rows, key=lambda row: (row.is_approved, row.slots is not None))

    @property
    def labels(self) -> list[str]:
        """Counted as the fields are, each with the place of the text that it fills."""
        words = _("Parameter %(number)s: %(place)s")
        named = enumerate(_places(self.template.places), start=1)
        return [str(words) % {"number": number, "place": place} for number, place in named]

    @property
    def labels_json(self) -> str:
        return json.dumps(self.labels)

    @property
    def shown(self) -> str:
        template = self.template
        return f"{template.name} · {template.language} · {template.get_status_display()}"


class ParameterLines(UnfoldAdminTextareaWidget):
    """One text area with a line for each parameter, or as many fields of the same name: both read as lines."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str:
        values = data.getlist(name) if hasattr(data, "getlist") else [data.get(name, "")]
        if len(values) == 1:
            return "\n".join(line.strip() for line in str(values[0] or "").splitlines() if line.strip())
        return "\n".join(" ".join(value.split()) for value in values).rstrip("\n")


class TemplateFields(forms.Form):
    """Mixed into the form of a sub-flow."""

    utility_choice = forms.ChoiceField(label=_("template"), required=False, widget=UnfoldAdminSelectWidget)
    utility_name = forms.CharField(
        label=_("template"),
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text=_(
            "The name of a utility template that the provider approved: sent instead when 24 hours have passed."
        ),
    )
    utility_language = forms.CharField(
        label=_("language"), required=False, widget=UnfoldAdminTextInputWidget({"placeholder": "fr_FR"})
    )
    utility_parameters = forms.CharField(
        label=_("parameters"),
        required=False,
        widget=ParameterLines({"rows": 3}),
        help_text=_("One a line, placeholders allowed: {{ first_name }}."),
    )


class BoundTemplate:
    """What the form shows and reads of the bound template; `bound` is what is stored."""

    def __init__(self, form: forms.BaseForm, workspace: Workspace, bound: Any) -> None:
        self.form = form
        self.bound: dict[str, Any] = bound or {}
        self.choices = choices_in(workspace)
        field: Any = form.fields["utility_choice"]
        field.choices = [("", _("No template")), *((one.value, one.shown) for one in self.choices)]
        field.choices += [(TYPED, _("Another one, by its name"))]
        form.initial = {**form.initial, **self._initial()}

    def _initial(self) -> dict[str, Any]:
        name, language = self.bound.get("name", ""), self.bound.get("language", "")
        stored = value_of(name, language)
        is_known = stored in {one.value for one in self.choices}
        choice = stored if is_known else TYPED if name else ""
        typed = {"utility_name": "" if is_known else name, "utility_language": "" if is_known else language}
        return {"utility_choice": choice, "utility_parameters": "\n".join(self.bound.get("parameters") or []), **typed}

    @property
    def plain_fields(self) -> list[forms.BoundField]:
        """Where no list was read: name, language, and a line for each parameter."""
        return [self.form[name] for name in ("utility_name", "utility_language", "utility_parameters")]

    @property
    def parameter_values(self) -> list[str]:
        """A field for each parameter of the longest template, so that the page works without a script."""
        given = str(self.form["utility_parameters"].value() or "").split("\n")
        longest = max((len(one.template.places) for one in self.choices), default=0)
        fields = min(max(LEAST_FIELDS, longest, len(given)), MAX_PARAMETERS)
        return [*given, *[""] * fields][:fields]

    def value(self) -> dict[str, Any] | None:
        """The template as it is stored; None when none is bound."""
        values = self.form.cleaned_data
        parameters = [line.strip() for line in values.get("utility_parameters", "").split("\n")]
        parameters = [] if parameters == [""] else parameters
        language, line, name = values.get("utility_choice", "").partition("|")
        if not line:
            name, language = values.get("utility_name", ""), values.get("utility_language", "")
            if self._is_taken_away(values, name, language):
                return None
        if not (name or language or parameters):
            return None
        return {"name": name, "language": language, "parameters": parameters}

    def _is_taken_away(self, values: dict[str, Any], name: str, language: str) -> bool:
        """“No template” is meant, unless somebody typed a name beside it."""
        if "utility_choice" not in self.form.data or values.get("utility_choice"):
            return False
        initial = self._initial()
        return (name, language) in (("", ""), (initial["utility_name"], initial["utility_language"]))


def choices_in(workspace: Workspace) -> list[TemplateChoice]:
    """What the workspace's channels have, each name and language once."""
    rows: dict[str, list[MessageTemplate]] = {}
    stored = MessageTemplate.objects.in_workspace(workspace).select_related("channel")
    for row in stored.order_by("name", "language", "pk")[:MOST_CHOICES]:
        rows.setdefault(value_of(row.name, row.language), []).append(row)
    return [TemplateChoice(value, tuple(listed)) for value, listed in rows.items()]


def value_of(name: str, language: str) -> str:
    return f"{language}|{name}"


def numbered(refused: Sequence[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """A problem of one parameter names it: all of them share a field."""
    return list(_numbered(refused))


def _numbered(refused: Iterable[tuple[str, Any]]) -> Iterable[tuple[str, Any]]:
    for path, sentence in refused:
        number = path.removeprefix("utility_template.parameters.")
        if number != path and number.isdecimal():
            sentence = _("Parameter %(number)s: %(problem)s") % {"number": int(number) + 1, "problem": sentence}
        yield path, sentence


def _places(slots: Iterable[Slot]) -> Iterator[str]:
    """As the text of the template writes them; a button's is named by what becomes of it."""
    counted: Counter[Place] = Counter()
    for slot in slots:
        counted[slot.place] += not slot.name
        written = "{{%s}}" % (slot.name or counted[slot.place])
        if slot.place is Place.HEADER:
            yield str(IN_THE_HEADER) % {"parameter": written}
        else:
            yield str(BY_PLACE.get(slot.place, written))
