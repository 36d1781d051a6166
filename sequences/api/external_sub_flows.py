"""channels/<id>/external-sub-flows/: what lives at the channel's provider, as its list was last read."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from channels.models import Channel, ExternalSubFlow
from sequencer.workspaces.access import visible
from sequences.api.fields import Text
from sequences.api.pagination import PagesById
from sequences.api.shapes import Shape
from sequences.api.views import ApiView


class ExternalSubFlowShape(Shape):
    reference = Text(help_text="What a sub-flow's `external` names.")
    name = Text()
    folder = Text(allow_blank=True)

    def to_representation(self, instance: ExternalSubFlow) -> dict[str, Any]:
        return {"reference": instance.reference, "name": instance.name, "folder": instance.folder}


class ExternalSubFlowsView(ApiView):
    pagination_class = PagesById

    @extend_schema(operation_id="channels_external_sub_flows_list", responses={200: ExternalSubFlowShape(many=True)})
    def get(self, request: Request, id: str) -> Response:
        """None before somebody refreshes the list on the channel's page."""
        channels: Any = visible(Channel.objects.all(), self.workspace)
        channel = channels.filter(pk=Channel.public_id.parse(id)).first()
        if channel is None:
            raise Http404
        pages = PagesById()
        rows = visible(ExternalSubFlow.objects.all(), self.workspace).filter(channel=channel)
        page = pages.paginate_queryset(rows, request)
        return pages.get_paginated_response(ExternalSubFlowShape(page, many=True).data)
