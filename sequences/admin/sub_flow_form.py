"""The form of a sub-flow: its blocks as cards, the template for after 24 hours, or where else it lives."""

from __future__ import annotations

from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from sequencer.workspaces.admin.forms import ActionForm
from sequencer.workspaces.admin.requests import access_to
from sequences.actions.save_sub_flow import SubFlowDraft
from sequences.admin.block_list import BlockList, posted_list, stored_list
from sequences.admin.elsewhere_form import BoundElsewhere, ElsewhereFields
from sequences.admin.template_form import BoundTemplate, TemplateFields, numbered
from sequences.models import SubFlow

CHANGED_MEANWHILE = _(
    "Somebody changed this sub-flow after you opened it. Copy what you need, open it anew, then make your changes."
)
# What a new form begins with: nobody has to take it away who picks a sub-flow that lives elsewhere.
UNTOUCHED = [{"type": "text", "text": ""}]
SOME_BLOCKS = _("Some blocks cannot be saved as they are.")


class SubFlowForm(ActionForm, ElsewhereFields, TemplateFields):
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
        fields = ("name", "subject", "external_reference", "external_name")
        help_texts = {
            "subject": _("Of e-mails only. Placeholders work as in texts. Empty: the name of the sub-flow."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        workspace = access_to(self.request).workspace
        if "external_channel" in self.fields:
            self.elsewhere = BoundElsewhere(self, workspace, self.instance)
        if "utility_choice" in self.fields:
            self.template = BoundTemplate(self, workspace, self.instance.utility_template)
        self.blocks = self._block_cards()
        # The edit that this page was opened on; it stays so while a problem keeps the form from being stored.
        opened_on = self.instance.updated_at.isoformat() if self.instance.pk else ""
        self.seen_at = self.data.get("seen_at", "") if self.is_bound else opened_on

    def _block_cards(self) -> BlockList:
        if self.is_bound:
            return posted_list(self.data, self.instance.blocks)
        return stored_list(self.instance.blocks, begins_empty=self.instance.external_channel_id is not None)

    def clean(self) -> dict[str, Any] | None:
        """Whoever saves an old page would overwrite what somebody else wrote meanwhile."""
        if self.instance.pk and self.seen_at and self.seen_at != self.instance.updated_at.isoformat():
            address = reverse("admin:sequences_subflow_change", args=[self.instance.pk])
            raise forms.ValidationError(
                render_to_string("sequences/newer_version.html", {"words": CHANGED_MEANWHILE, "address": address})
            )
        return super().clean()

    def _post_clean(self) -> None:
        self.refused = numbered(self.refused)  # type: ignore[misc]
        super()._post_clean()
        for path, sentence in self.refused:
            if path.split(".")[0] == "blocks":
                self.blocks.show(path, sentence)
        if self.blocks.has_problems:
            self.add_error(None, self.blocks.problems[0] if self.blocks.problems else SOME_BLOCKS)

    def field_of(self, path: str) -> str | None:
        """Problems of parameters stand on their field, those of a block on its card; `clean` tells who was quicker."""
        if path.split(".")[0] in ("blocks", "seen_at"):
            return None
        if path.startswith("utility_template.parameters"):
            return "utility_parameters"
        return super().field_of(path)

    def draft(self) -> SubFlowDraft:
        values, external, blocks = self.cleaned_data, self.elsewhere.value(), self.blocks.blocks()
        if external and blocks == UNTOUCHED:
            blocks = []
        subject = values.get("subject", self.instance.subject)
        return SubFlowDraft(values["name"], blocks, self.template.value(), external, subject)
