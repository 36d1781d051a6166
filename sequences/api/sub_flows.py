"""sub-flows/: the content that steps send."""

from __future__ import annotations

import dataclasses
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from channels.models import Channel
from sequencer.workspaces.transactions import in_one_transaction
from sequences.actions.save_sub_flow import ExternalDraft, SubFlowDraft, save_sub_flow, sub_flow_draft_of
from sequences.api.fields import AnyJson, PublicId, Text
from sequences.api.filters import ByText
from sequences.api.shapes import Shape
from sequences.api.views import ResourceView
from sequences.models import SubFlow


class ExternalShape(Shape):
    """A sub-flow that lives in another platform."""

    channel = PublicId(Channel)
    reference = Text(max_length=200)
    name = Text(max_length=200, allow_blank=True, required=False)


class SubFlowShape(Shape):
    id = PublicId(SubFlow, read_only=True)
    name = Text(max_length=100)
    blocks = AnyJson(
        required=False, help_text="A list of blocks: text, image, buttons, quick_replies, pause, action..."
    )
    utility_template = AnyJson(required=False, allow_null=True, help_text="null or {name, language, parameters}")
    external = ExternalShape(required=False, allow_null=True)

    def to_representation(self, instance: SubFlow) -> dict[str, Any]:
        external, template = None, instance.utility_template
        if instance.external_channel_id is not None:
            external = {
                "channel": Channel.public_id.of(instance.external_channel_id),
                "reference": instance.external_reference,
                "name": instance.external_name,
            }
        return {
            "id": instance.public_id,
            "name": instance.name,
            "blocks": instance.blocks,
            "utility_template": template and {**template, "parameters": template.get("parameters") or []},
            "external": external,
        }


class SubFlowView(ResourceView):
    model = SubFlow
    shape = SubFlowShape
    filters = {"name": ByText("name")}

    @extend_schema(responses={201: SubFlowShape})
    def create(self, request: Request) -> Response:
        draft = _changed(SubFlowDraft(name=""), SubFlowShape.read(request.data))
        made = save_sub_flow(self.workspace, None, draft, now=self.now, actor=self.actor)
        return self.shown(made, status=201)

    @in_one_transaction
    def partial_update(self, request: Request, id: str) -> Response:
        row, values = self.row(id), SubFlowShape.read(request.data, partial=True)
        stored = SubFlow.objects.select_for_update(no_key=True).get(pk=row.pk)
        draft = _changed(sub_flow_draft_of(stored), values)
        save_sub_flow(self.workspace, stored, draft, now=self.now, actor=self.actor)
        return self.shown(row)


def _changed(draft: SubFlowDraft, values: dict[str, Any]) -> SubFlowDraft:
    given = dict(values)
    if given.get("external"):
        external = given["external"]
        given["external"] = ExternalDraft(external["channel"], external["reference"], external.get("name", ""))
    return dataclasses.replace(draft, **given)
