"""Lists in pages that stay stable while rows come: a cursor is the id behind which, or before which, a page lies."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any, NoReturn

from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from sequences.sentences import sentence

PAGE_SIZE = 50
MAX_PAGE_SIZE = 200
_CURSOR = re.compile(r"([nb])([0-9]{1,18})")


class PagesById(BasePagination):
    """Oldest first. `?limit=` sets the size of a page, `?cursor=` comes from `next` and `previous`."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.request = request
        limit = self._limit(request)
        direction, pivot = self._cursor(request)
        if direction == "b":
            rows = list(queryset.filter(pk__lt=pivot).order_by("-pk")[: limit + 1])
            page = rows[:limit][::-1]
            self.has_previous, self.has_next = len(rows) > limit, True
        else:
            rows = list(queryset.filter(pk__gt=pivot).order_by("pk")[: limit + 1])
            page = rows[:limit]
            self.has_previous, self.has_next = pivot > 0, len(rows) > limit
        self.ends = (page[0].pk, page[-1].pk) if page else (pivot, pivot)
        return page

    def get_paginated_response(self, data: Any) -> Response:
        first, last = self.ends
        return Response(
            {
                "next": self._link("n", last) if self.has_next else None,
                "previous": self._link("b", first) if self.has_previous else None,
                "results": data,
            }
        )

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        size = {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE, "default": PAGE_SIZE}
        return [
            {"name": "cursor", "in": "query", "required": False, "schema": {"type": "string"}},
            {"name": "limit", "in": "query", "required": False, "schema": size},
        ]

    def _limit(self, request: Request) -> int:
        text = request.query_params.get("limit", str(PAGE_SIZE))
        if not re.fullmatch(r"[0-9]{1,3}", text) or not 1 <= int(text) <= MAX_PAGE_SIZE:
            refuse_parameter("limit", "out_of_range", min=1, max=MAX_PAGE_SIZE)
        return int(text)

    def _cursor(self, request: Request) -> tuple[str, int]:
        text = request.query_params.get("cursor")
        if not text:
            return "n", 0
        try:
            found = _CURSOR.fullmatch(base64.b64decode(text.encode(), altchars=b"-_", validate=True).decode())
        except (ValueError, binascii.Error):
            found = None
        if found is None:
            refuse_parameter("cursor", "not_found")
        return found[1], int(found[2])

    def _link(self, direction: str, pivot: int) -> str:
        cursor = base64.urlsafe_b64encode(f"{direction}{pivot}".encode()).decode()
        address = remove_query_param(self.request.build_absolute_uri(), "cursor")
        return str(replace_query_param(address, "cursor", cursor))


def refuse_parameter(name: str, code: str, **params: Any) -> NoReturn:
    """Refuse a parameter of the query."""
    raise ValidationError({name: [ErrorDetail(sentence(code, params), code)]})
