"""bulk-jobs/<id>/problems/: why lines of a file, or contacts of a filter, were refused."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from channels.models import Contact
from sequencer.workspaces.access import visible
from sequences.api.fields import Number, PublicId, Text
from sequences.api.pagination import PagesById
from sequences.api.shapes import Shape
from sequences.api.views import ApiView
from sequences.models import BulkJob, BulkProblem
from sequences.sentences import sentence


class BulkProblemShape(Shape):
    line = Number(allow_null=True, help_text="Counted from 1, the first line of a table included; null for a filter.")
    contact = PublicId(Contact, allow_null=True)
    field = Text(help_text='"" when it is about the whole line.')
    code = Text()
    detail = Text()

    def to_representation(self, instance: BulkProblem) -> dict[str, Any]:
        return {
            "line": instance.line,
            "contact": Contact.public_id.of(instance.contact_id),
            "field": instance.field,
            "code": instance.code,
            "detail": sentence(instance.code, instance.params),
        }


class BulkProblemsView(ApiView):
    pagination_class = PagesById

    @extend_schema(operation_id="bulk_jobs_problems_list", responses={200: BulkProblemShape(many=True)})
    def get(self, request: Request, id: str) -> Response:
        """In the order of the lines."""
        jobs: Any = visible(BulkJob.objects.all(), self.workspace)
        job = jobs.filter(pk=BulkJob.public_id.parse(id)).first()
        if job is None:
            raise Http404
        pages = PagesById()
        page = pages.paginate_queryset(visible(BulkProblem.objects.all(), self.workspace).filter(job=job), request)
        return pages.get_paginated_response(BulkProblemShape(page, many=True).data)
