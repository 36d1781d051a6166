"""What all addresses of the API share: the key, its scopes, the limit, and the rows of one workspace only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, cast

from django.db.models import Model, QuerySet
from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from sequencer.workspaces.access import visible
from sequencer.workspaces.actor import Actor
from sequencer.workspaces.models import Workspace
from sequences.api.authentication import ApiKeyAuthentication, Caller
from sequences.api.description import Description
from sequences.api.filters import Filter, narrowed
from sequences.api.idempotency import key_of, once
from sequences.api.pagination import PagesById
from sequences.api.parsers import AlwaysJson, StrictJsonParser
from sequences.api.permissions import ACTIONS, HasScope
from sequences.api.shapes import Shape
from sequences.api.throttling import PerKeyThrottle, Standing


class ApiView(APIView):
    """One address. Methods that a view does not have answer 405."""

    authentication_classes = [ApiKeyAuthentication]
    permission_classes = [HasScope]
    throttle_classes = [PerKeyThrottle]
    parser_classes = [StrictJsonParser]
    content_negotiation_class = AlwaysJson
    schema = Description()
    http_method_names = ["get", "head", "post", "patch", "delete"]
    # What it answers holds secrets: an answer that is kept for whoever repeats the call is kept under a seal.
    answers_secrets = False
    post: Any
    standing: Standing | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Once it is clear who calls and that they may: a POST with an Idempotency-Key has its effect once."""
        super().initial(request, *args, **kwargs)
        if request.method == "POST" and (key := key_of(request)) is not None and hasattr(self, "post"):
            self.post = once(self.post, key, is_sealed=self.answers_secrets)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Every answer to a key says how much of its limit is left."""
        answer = super().finalize_response(request, response, *args, **kwargs)
        if self.standing is not None:
            for name, value in self.standing.headers().items():
                answer[name] = value
        return answer

    @property
    def caller(self) -> Caller:
        return cast("Caller", self.request.user)

    @property
    def workspace(self) -> Workspace:
        return self.caller.workspace

    @property
    def actor(self) -> Actor:
        return self.caller.actor

    @property
    def now(self) -> datetime:
        return self.caller.now


class ActionView(ApiView):
    """What a flow builder calls."""

    scopes_to_write = (ACTIONS,)


class NotFoundView(ApiView):
    """Every other address: its 404 is a problem like any other."""

    schema = None  # type: ignore[assignment]
    scopes_to_read = scopes_to_write = ("read", "actions", "manage")

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise Http404


class ResourceView(ApiView, GenericViewSet[Any]):
    """A list and its rows, by id. `rows()` of the resource loads what its shape shows, in a constant number of queries.

    `filters` says by which parameters of the query a list may be narrowed.
    """

    model: ClassVar[type[Any]]
    shape: ClassVar[type[Shape]]
    filters: ClassVar[Mapping[str, Filter]] = {}
    pagination_class = PagesById
    lookup_field = "id"
    lookup_value_regex = "[^/]+"

    def rows(self) -> QuerySet[Any]:
        """The workspace's rows; a resource adds what its shape needs."""
        return visible(self.model.objects.all(), self.workspace)

    def listed(self) -> QuerySet[Any]:
        """Those of them that the list shows."""
        return self.rows()

    def get_queryset(self) -> QuerySet[Any]:
        return self.rows()

    def get_serializer_class(self) -> type[Shape]:
        return self.shape

    def row(self, public_id: str) -> Any:
        """The row, or 404 for whatever is not there for this workspace."""
        found = self.rows().filter(pk=self.model.public_id.parse(public_id)).first()
        if found is None:
            raise Http404
        return found

    def shown(self, row: Model, status: int = 200) -> Response:
        """The row as it is stored now."""
        stored = self.rows().get(pk=row.pk)
        return Response(self.written(stored), status=status, headers=self.headers_of(stored))

    def headers_of(self, row: Any) -> dict[str, str]:
        """What an answer that shows this row alone says beside it."""
        return {}

    def list(self, request: Request) -> Response:
        pages = PagesById()
        page = pages.paginate_queryset(narrowed(self.listed(), request, self.filters), request)
        return pages.get_paginated_response(self.written(page, many=True))

    def retrieve(self, request: Request, id: str) -> Response:
        row = self.row(id)
        return Response(self.written(row), headers=self.headers_of(row))

    def written(self, rows: Any, *, many: bool = False) -> Any:
        """One row, or many, in the resource's shape."""
        return self.shape(rows, many=many, context={"now": self.now}).data
