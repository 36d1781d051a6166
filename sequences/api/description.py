"""How the addresses describe themselves in OpenAPI: ids, filters and problems stand in one place."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from sequences.actions.answer_once import FIELD
from sequences.api.filters import ByMoment, ByWord
from sequences.api.idempotency import LONGEST_KEY
from sequences.api.request_examples import EXAMPLES


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


# Why a call is refused, by status; the code in the body says more.
WHY = {
    400: "The body is not JSON.",
    401: "No key, or a wrong one.",
    403: "The key's scope is too small.",
    404: "There is no such thing in this workspace.",
    409: "The state of things does not allow it, or somebody did the same at the same moment.",
    412: "Somebody changed it since the version that If-Match names.",
    413: "The body is too large.",
    415: "The body is not said to be JSON.",
    422: "Some values cannot be accepted; `errors` names each.",
    429: "Too many calls with this key.",
}
LIMIT_HEADERS = {
    "RateLimit-Policy": {"schema": {"type": "string"}, "example": '"default";q=6000;w=60'},
    "RateLimit": {"schema": {"type": "string"}, "example": '"default";r=5979;t=42'},
}


class Description(AutoSchema):
    def get_override_parameters(self) -> list[Any]:
        parameters: list[Any] = []
        if "{id}" in self.path:
            parameters.append(OpenApiParameter("id", OpenApiTypes.STR, OpenApiParameter.PATH))
        if self.method == "POST":
            parameters.append(IDEMPOTENCY_KEY)
        if versions := getattr(self.view, "versions", ()):
            known = {"type": "integer", "enum": list(versions)}
            parameters.append(OpenApiParameter("version", known, OpenApiParameter.QUERY))
        if getattr(self.view, "action", "") == "list":
            parameters += [_parameter(name, by) for name, by in getattr(self.view, "filters", {}).items()]
        return parameters

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation is not None:
            for status in self._refusals(operation):
                problem = self._get_response_for_code(  # type: ignore[no-untyped-call]
                    ProblemShape, str(status), ["application/problem+json"]
                )
                operation["responses"][str(status)] = {**problem, "description": WHY[status]}
            self._show_limit(operation)
            self._show_example(operation)
        return operation

    def _refusals(self, operation: dict[str, Any]) -> list[int]:
        """Every way in which this call can be refused."""
        found = {401, 403, 422, 429}
        if "{id}" in self.path:
            found.add(404)
        if self.method != "GET":
            found.add(409)
        # A body that a call has no use for is read all the same, for an Idempotency-Key.
        if "requestBody" in operation or self.method == "POST":
            found |= {400, 413, 415}
        if any(parameter["name"] == "If-Match" for parameter in operation.get("parameters", ())):
            found.add(412)
        return sorted(found)

    def _show_limit(self, operation: dict[str, Any]) -> None:
        for status, response in operation["responses"].items():
            headers = dict(LIMIT_HEADERS) if status not in ("401", "403") else {}
            if status == "429":
                headers["Retry-After"] = {"schema": {"type": "integer"}, "description": "Seconds."}
            if headers:
                response["headers"] = headers

    def _show_example(self, operation: dict[str, Any]) -> None:
        example = EXAMPLES.get((self.method, self.path.removeprefix("/api/v1/")))
        for content in operation.get("requestBody", {}).get("content", {}).values():
            if example is not None:
                content["example"] = example


def _parameter(name: str, by: Any) -> OpenApiParameter:
    words = list(by.words) if isinstance(by, ByWord) else None
    if words:
        several = {"type": "array", "items": {"type": "string", "enum": list(words)}}
        return OpenApiParameter(name, several, OpenApiParameter.QUERY, style="form", explode=False)
    kind = OpenApiTypes.DATETIME if isinstance(by, ByMoment) else OpenApiTypes.STR
    return OpenApiParameter(name, kind, OpenApiParameter.QUERY)
