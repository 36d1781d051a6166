"""The form of a sub-flow: its blocks as cards, the template for after 24 hours, or where else it lives."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from channels.models import Channel
from sequencer.workspaces.access import visible
from sequencer.workspaces.admin.forms import ActionForm
from sequencer.workspaces.admin.requests import access_to
from sequences.actions.save_sub_flow import ExternalDraft, SubFlowDraft
from sequences.admin.block_form import BlockFormSet, block_form_set, initial_of
from sequences.admin.template_form import BoundTemplate, TemplateFields, numbered
from sequences.models import Sequence, SubFlow

SOME_BLOCKS = _("Some blocks cannot be saved as they are.")


class SubFlowForm(ActionForm, TemplateFields):
    external_channel = forms.ModelChoiceField(
        label=_("lives in"), queryset=Channel.objects.none(), required=False, widget=UnfoldAdminSelectWidget
    )

    field_names = {
        "utility_template": "utility_name",
        "utility_template.name": "utility_name",
        "utility_template.language": "utility_language",
        "external": "external_channel",
        "external.channel": "external_channel",
        "external.reference": "external_reference",
        "external.name": "external_name",
    }

    class Meta:
        model = SubFlow
        fields = ("name", "external_reference", "external_name")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        workspace = access_to(self.request).workspace
        if "external_channel" in self.fields:
            mine = visible(Channel.objects.all(), workspace).order_by("name", "pk")
            self.fields["external_channel"].queryset = mine  # type: ignore[attr-defined]
        if "utility_choice" in self.fields:
            self.template = BoundTemplate(self, workspace, self.instance.utility_template)
        self.blocks = self._block_cards(visible(Sequence.objects.in_use(), workspace).order_by("name", "pk"))

    def _block_cards(self, sequences: Any) -> BlockFormSet:
        choices = [(sequence.public_id, sequence.name) for sequence in sequences.only("pk", "name")]
        names = dict(choices)
        stored = [initial_of(block, names) for block in self.instance.blocks or []]
        made = block_form_set(extra=0 if stored and "add" not in self.request.GET else 1)
        return made(
            self.data if self.is_bound else None, prefix="blocks", initial=stored, form_kwargs={"sequences": choices}
        )

    def _post_clean(self) -> None:
        self.refused = numbered(self.refused)  # type: ignore[misc]
        super()._post_clean()
        if not self.blocks.is_valid():
            self.add_error(None, SOME_BLOCKS)
            return
        live = self.blocks.live_forms()
        for path, sentence in self.refused:
            parts = path.split(".")
            if parts[0] == "blocks" and len(parts) > 1 and parts[1].isdecimal() and int(parts[1]) < len(live):
                live[int(parts[1])].show(parts[2:], sentence)
        if any(path.startswith("blocks.") for path, _sentence in self.refused):
            self.add_error(None, SOME_BLOCKS)

    def field_of(self, path: str) -> str | None:
        """Problems of parameters stand on their field, those of a block on its card."""
        if path.startswith("blocks."):
            return None
        if path.startswith("utility_template.parameters"):
            return "utility_parameters"
        return super().field_of(path)

    def draft(self) -> SubFlowDraft:
        values = self.cleaned_data
        external = None
        if values.get("external_channel"):
            reference, name = values.get("external_reference", ""), values.get("external_name", "")
            external = ExternalDraft(values["external_channel"].pk, reference, name)
        return SubFlowDraft(values["name"], self.blocks.blocks(), self.template.value(), external)
