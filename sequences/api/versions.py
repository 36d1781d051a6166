"""Two who change the same thing: answers carry a version as ETag, and If-Match refuses what was made from another."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import exceptions
from rest_framework.request import Request

IF_MATCH = OpenApiParameter(
    "If-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The ETag that the change was made from: 412 when somebody changed it since.",
)


class ChangedMeanwhile(exceptions.APIException):
    """It is not any more what the caller has read."""

    status_code = HTTPStatus.PRECONDITION_FAILED


def version_of(updated_at: datetime) -> str:
    return f'"{int(updated_at.timestamp() * 1_000_000):x}"'


def refuse_other_version(request: Request, updated_at: datetime) -> None:
    """Raises ChangedMeanwhile when the call names a version, and it is not this one. Ask under the row's lock."""
    wanted = request.headers.get("If-Match")
    if wanted is None or wanted.strip() == "*":
        return
    if version_of(updated_at) not in [one.strip().removeprefix("W/") for one in wanted.split(",")]:
        raise ChangedMeanwhile
