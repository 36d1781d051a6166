"""The part of a sub-flow's form that says where else it lives: picked from the lists that were read, or typed."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from channels.models import Channel, ExternalSubFlow
from sequencer.workspaces.access import visible
from sequencer.workspaces.models import Workspace
from sequences.actions.save_sub_flow import ExternalDraft
from sequences.models import SubFlow

TYPED = "typed"  # no reference's value: theirs begin with the number of their channel
MOST_CHOICES = 600
PICKED = "external_choice"
WRITTEN = ("external_channel", "external_reference", "external_name")


class ElsewhereFields(forms.Form):
    """Mixed into the form of a sub-flow."""

    external_choice = forms.ChoiceField(
        label=_("sub-flow there"),
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text=_("Then no blocks are needed. On any other channel the blocks go."),
    )
    external_channel = forms.ModelChoiceField(
        label=_("lives in"), queryset=Channel.objects.none(), required=False, widget=UnfoldAdminSelectWidget
    )


class BoundElsewhere:
    """What the form shows and reads of the place where a sub-flow lives."""

    def __init__(self, form: forms.BaseForm, workspace: Workspace, sub_flow: SubFlow) -> None:
        self.form, self.sub_flow = form, sub_flow
        written: Any = form.fields["external_channel"]
        written.queryset = visible(Channel.objects.all(), workspace).order_by("name", "pk")
        self.rows = {_value(row.channel_id, row.reference): row for row in _listed(workspace)}
        picked: Any = form.fields[PICKED]
        picked.choices = [
            ("", _("None: its blocks are sent")),
            *self._groups(),
            (TYPED, _("Another one, by its reference")),
        ]
        form.initial = {**form.initial, **self._initial()}

    def _groups(self) -> list[tuple[str, list[tuple[str, str]]]]:
        by_channel = groupby(self.rows.items(), key=lambda one: one[1].channel)
        return [(channel.name, [(value, str(row)) for value, row in listed]) for channel, listed in by_channel]

    def _initial(self) -> dict[str, Any]:
        """What is picked need not stand written as well."""
        row = self.sub_flow
        value = _value(row.external_channel_id, row.external_reference) if row.external_channel_id else ""
        if value in self.rows:
            return {PICKED: value, **dict.fromkeys(WRITTEN, "")}
        written = (row.external_channel_id or "", row.external_reference, row.external_name)
        return {PICKED: TYPED if value else "", **dict(zip(WRITTEN, written, strict=True))}

    def value(self) -> ExternalDraft | None:
        """What was picked, else what was written; None where neither was, or “none” was picked instead."""
        values = self.form.cleaned_data
        picked = values.get(PICKED, "")
        if picked in self.rows:
            row = self.rows[picked]
            return ExternalDraft(row.channel_id, row.reference, row.name)
        channel = values.get("external_channel")
        if channel is None or self._is_taken_away(picked, channel.pk):
            return None
        return ExternalDraft(channel.pk, values.get("external_reference", ""), values.get("external_name", ""))

    def _is_taken_away(self, picked: str, channel_id: int) -> bool:
        """“None” is meant, unless somebody wrote another place beside it."""
        return PICKED in self.form.data and not picked and channel_id == self._initial()["external_channel"]


def has_lists(workspace: Workspace) -> bool:
    """Whether there is anything to pick."""
    return bool(visible(ExternalSubFlow.objects.all(), workspace).exists())


def _listed(workspace: Workspace) -> list[ExternalSubFlow]:
    return list(visible(ExternalSubFlow.objects.select_related("channel").in_order(), workspace)[:MOST_CHOICES])


def _value(channel_id: int, reference: str) -> str:
    return f"{channel_id}|{reference}"
