"""sub-flows/: the content that steps send."""

from __future__ import annotations

import dataclasses
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from channels.models import Channel
from sequencer.workspaces.transactions import in_one_transaction
from sequences.actions.archive_sub_flow import archive_sub_flow
from sequences.actions.duplicate_sub_flow import duplicate_sub_flow
from sequences.actions.save_sub_flow import ExternalDraft, SubFlowDraft, save_sub_flow, sub_flow_draft_of
from sequences.api.fields import AnyJson, PublicId, Text
from sequences.api.filters import ByText
from sequences.api.shapes import Shape
from sequences.api.versions import IF_MATCH, refuse_other_version, version_of
from sequences.api.views import ResourceView
from sequences.models import SubFlow


class ExternalShape(Shape):
    """A sub-flow that lives in another platform."""

    channel = PublicId(Channel)
    reference = Text(max_length=200)
    name = Text(max_length=200, allow_blank=True, required=False)


@extend_schema_field(
    {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "language": {"type": "string"},
            "parameters": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["name", "language"],
    }
)
class UtilityTemplate(AnyJson):
    """The template of the provider that goes out after 24 hours."""


class SubFlowShape(Shape):
    id = PublicId(SubFlow, read_only=True)
    name = Text(max_length=100)
    blocks = AnyJson(
        required=False, help_text="A list of blocks: text, image, buttons, quick_replies, pause, action..."
    )
    subject = Text(
        max_length=200, allow_blank=True, required=False, help_text="Of a mail, with placeholders; absent: the name."
    )
    utility_template = UtilityTemplate(required=False, allow_null=True, help_text="After 24 hours; null: none.")
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
            # Only where there is one: what knows nothing of mails has the shape that it always had.
            **({"subject": instance.subject} if instance.subject else {}),
        }


class SubFlowView(ResourceView):
    model = SubFlow
    shape = SubFlowShape
    filters = {"name": ByText("name")}

    def listed(self) -> QuerySet[Any]:
        return self.rows().filter(archived_at=None)

    @extend_schema(responses={201: SubFlowShape})
    def create(self, request: Request) -> Response:
        draft = _changed(SubFlowDraft(name=""), SubFlowShape.read(request.data))
        made = save_sub_flow(self.workspace, None, draft, now=self.now, actor=self.actor)
        return self.shown(made, status=201)

    @extend_schema(parameters=[IF_MATCH])
    @in_one_transaction
    def partial_update(self, request: Request, id: str) -> Response:
        """Everyone who was not served yet gets the new content."""
        row, values = self.row(id), SubFlowShape.read(request.data, partial=True)
        stored = SubFlow.objects.select_for_update(no_key=True).get(pk=row.pk)
        refuse_other_version(request, stored.updated_at)
        draft = _changed(sub_flow_draft_of(stored), values)
        save_sub_flow(self.workspace, stored, draft, now=self.now, actor=self.actor)
        return self.shown(row)

    @extend_schema(request=None, responses={201: SubFlowShape})
    @action(detail=True, methods=["post"])
    def duplicate(self, request: Request, id: str) -> Response:
        """The same content under a free name; no step sends it."""
        made = duplicate_sub_flow(self.row(id), now=self.now, actor=self.actor)
        return self.shown(made, status=201)

    @extend_schema(request=None, responses={200: SubFlowShape})
    @action(detail=True, methods=["post"])
    def archive(self, request: Request, id: str) -> Response:
        """It leaves the list, and its name is free again; 422 `in_use` while a step of a living sequence sends it."""
        row = self.row(id)
        archive_sub_flow(row, now=self.now, actor=self.actor)
        return self.shown(row)

    def headers_of(self, row: SubFlow) -> dict[str, str]:
        return {"ETag": version_of(row.updated_at)}


def _changed(draft: SubFlowDraft, values: dict[str, Any]) -> SubFlowDraft:
    given = dict(values)
    if given.get("external"):
        external = given["external"]
        given["external"] = ExternalDraft(external["channel"], external["reference"], external.get("name", ""))
    return dataclasses.replace(draft, **given)
