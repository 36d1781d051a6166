"""How the API says no: application/problem+json, always with a code, and with every field that is to blame."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.signals import got_request_exception
from django.db import IntegrityError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import set_rollback

from sequencer.workspaces.refusals import Conflict, Refused
from sequences.api.permissions import needed_scopes
from sequences.api.versions import ChangedMeanwhile
from sequences.sentences import sentence

MEDIA_TYPE = "application/problem+json"
MAX_ERRORS = 100
log = logging.getLogger(__name__)


class TooLarge(exceptions.APIException):
    """The body is larger than anything we take."""

    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


@dataclass(frozen=True, slots=True)
class FieldError:
    field: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """One refusal: its status, its code, and what its sentence needs."""

    status: HTTPStatus
    code: str
    params: Mapping[str, Any] = field(default_factory=dict)
    errors: tuple[FieldError, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


def handle(error: Exception, context: dict[str, Any]) -> Response:
    """The framework's hook for everything that a view raises; what nobody expected is logged and tells nothing."""
    trouble = _trouble(error, context)
    if trouble is None:
        request: Request = context["request"]
        log.exception("an API call failed", extra={"path": request.path, "method": request.method})
        got_request_exception.send(sender=None, request=request._request)
        trouble = Trouble(HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error")
    set_rollback()
    return answer(trouble)


def answer(trouble: Trouble) -> Response:
    body = {
        "type": "about:blank",
        "title": trouble.status.phrase,
        "status": trouble.status.value,
        "detail": sentence(trouble.code, trouble.params),
        "code": trouble.code,
        "errors": [{"field": one.field, "code": one.code, "detail": one.detail} for one in trouble.errors[:MAX_ERRORS]],
    }
    return Response(body, status=trouble.status, content_type=MEDIA_TYPE, headers=dict(trouble.headers))


def _trouble(error: Exception, context: dict[str, Any]) -> Trouble | None:
    match error:
        case exceptions.ValidationError():
            return _invalid(tuple(flattened(error.detail)))
        case Refused():
            problems = (FieldError(one.field, str(one.code), sentence(one.code, one.params)) for one in error.problems)
            return _invalid(tuple(problems))
        case Conflict():
            return Trouble(HTTPStatus.CONFLICT, error.code)
        case IntegrityError():
            # Two callers raced past the same check; whoever came second may look again and repeat.
            log.warning("two writers met", exc_info=error)
            return Trouble(HTTPStatus.CONFLICT, "conflict")
        case _:
            return _of_the_call(error, context)


def _invalid(errors: tuple[FieldError, ...]) -> Trouble:
    return Trouble(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", errors=errors)


def _of_the_call(error: Exception, context: dict[str, Any]) -> Trouble | None:
    match error:
        case exceptions.NotAuthenticated() | exceptions.AuthenticationFailed():
            header = getattr(error, "auth_header", None) or "Bearer"
            return Trouble(HTTPStatus.UNAUTHORIZED, "unauthorized", headers={"WWW-Authenticate": header})
        case exceptions.PermissionDenied() | PermissionDenied():
            scopes = " / ".join(needed_scopes(context["request"], context["view"]))
            return Trouble(HTTPStatus.FORBIDDEN, "forbidden", {"scopes": scopes})
        case exceptions.NotFound() | Http404():
            return Trouble(HTTPStatus.NOT_FOUND, "not_found")
        case exceptions.MethodNotAllowed():
            allowed = {"Allow": ", ".join(context["view"].allowed_methods)}
            return Trouble(HTTPStatus.METHOD_NOT_ALLOWED, "method_not_allowed", _method(context), headers=allowed)
        case exceptions.UnsupportedMediaType():
            return Trouble(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type")
        case exceptions.ParseError():
            return Trouble(HTTPStatus.BAD_REQUEST, "malformed_json")
        case ChangedMeanwhile():
            return Trouble(HTTPStatus.PRECONDITION_FAILED, "changed_meanwhile")
        case TooLarge():
            return Trouble(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large")
        case exceptions.Throttled():
            wait = {"Retry-After": str(max(1, math.ceil(getattr(error, "wait", None) or 1)))}
            return Trouble(HTTPStatus.TOO_MANY_REQUESTS, "throttled", headers=wait)
    return None


def _method(context: dict[str, Any]) -> dict[str, str]:
    return {"method": str(context["request"].method)}


def flattened(detail: Any, where: str = "") -> Iterator[FieldError]:
    """The framework's nested errors as one list; a field is a path such as steps.2.window."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            yield from flattened(inner, f"{where}.{name}" if where else str(name))
    elif isinstance(detail, list):
        for inner in detail:
            yield from flattened(inner, where)
    else:
        yield FieldError(where, str(detail.code), str(detail))
