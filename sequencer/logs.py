"""How the processes log: lines for people or JSON for machines, each with the id of the request that it belongs to."""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from django.http import HttpRequest, HttpResponse

Handler = Callable[[HttpRequest], HttpResponse]

# What another program sent is taken over as it is, if it looks like an id.
AN_ID = re.compile(r"[\w.:-]{1,64}", re.ASCII)
request_id: ContextVar[str] = ContextVar("request_id", default="")


class RequestId:
    """X-Request-Id: the caller's, or a new one; the same in the answer, in the log and in the audit log."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-Id", "")
        number = given if AN_ID.fullmatch(given) else uuid.uuid4().hex
        # Where the audit log looks for it (workspaces/admin/requests.py).
        vars(request)["request_id"] = number
        token = request_id.set(number)
        try:
            response = self.get_response(request)
        finally:
            request_id.reset(token)
        response["X-Request-Id"] = number
        return response


class AddRequestId(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        if number := request_id.get():
            record.request_id = number
        # Django adds the request itself, with everything in it.
        record.__dict__.pop("request", None)
        return True


def logging_of(log_format: str) -> dict[str, Any]:
    """Django's LOGGING for "text" or "json", to stderr."""
    formatters = {
        "text": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"},
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "fmt": "%(levelname)s %(name)s %(message)s",
            "rename_fields": {"levelname": "level", "name": "logger", "message": "event"},
            "timestamp": "ts",
        },
    }
    handler = {"class": "logging.StreamHandler", "formatter": log_format, "filters": ["request_id"]}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"request_id": {"()": "sequencer.logs.AddRequestId"}},
        "formatters": formatters,
        "handlers": {"stderr": handler},
        "root": {"handlers": ["stderr"], "level": "INFO"},
        # Django's own handlers would write the same line twice, and mail it to nobody.
        "loggers": {"django": {"handlers": [], "level": "INFO", "propagate": True}},
    }
