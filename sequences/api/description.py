"""How the addresses describe themselves in OpenAPI: ids, filters and problems stand in one place."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from sequences.actions.answer_once import FIELD
from sequences.api.filters import ByWord
from sequences.api.idempotency import LONGEST_KEY


class FieldErrorShape(serializers.Serializer[Any]):
    field = serializers.CharField(help_text="A path such as steps.2.window.")
    code = serializers.CharField(help_text="Stable; meant for programs.")
    detail = serializers.CharField(help_text="A sentence in the language of Accept-Language.")


class ProblemShape(serializers.Serializer[Any]):
    """RFC 9457: why a call was refused."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()
    errors = FieldErrorShape(many=True)  # type: ignore[assignment]  # the metaclass takes it away


IDEMPOTENCY_KEY = OpenApiParameter(
    FIELD,
    {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY},
    OpenApiParameter.HEADER,
    description="The same key and body within 72 hours: the same answer, and nothing happens twice.",
)


class Description(AutoSchema):
    def get_override_parameters(self) -> list[Any]:
        parameters: list[Any] = []
        if "{id}" in self.path:
            parameters.append(OpenApiParameter("id", OpenApiTypes.STR, OpenApiParameter.PATH))
        if self.method == "POST":
            parameters.append(IDEMPOTENCY_KEY)
        if getattr(self.view, "action", "") == "list":
            parameters += [_parameter(name, by) for name, by in getattr(self.view, "filters", {}).items()]
        return parameters

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation is not None:
            problem = self._get_response_for_code(  # type: ignore[no-untyped-call]
                ProblemShape, "default", ["application/problem+json"]
            )
            operation["responses"]["default"] = {**problem, "description": "The call was refused."}
        return operation


def _parameter(name: str, by: Any) -> OpenApiParameter:
    words = list(by.words) if isinstance(by, ByWord) else None
    if words:
        several = {"type": "array", "items": {"type": "string", "enum": list(words)}}
        return OpenApiParameter(name, several, OpenApiParameter.QUERY, style="form", explode=False)
    return OpenApiParameter(name, OpenApiTypes.STR, OpenApiParameter.QUERY)
