"""The header Idempotency-Key: whoever did not hear the answer to a POST sends it again, and nothing happens twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from channels.secrets import seal, unseal
from sequencer.workspaces.refusals import Refused
from sequences.actions.answer_once import FIELD, Answer, answer_once
from sequences.rules.problems import Problem

LONGEST_KEY = 255
Handler = Callable[..., Response]


def key_of(request: Request) -> str | None:
    """The key that was sent with this call. Raises Refused where it is no key."""
    key: str | None = request.headers.get(FIELD)
    if key is None:
        return None
    if not 1 <= len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise Refused([Problem(FIELD, "invalid_format", {"example": "4f9c2b1e-7d3a-4c55-9a60-0e8d1f2b6c11"})])
    return key


def once(handler: Handler, key: str, *, is_sealed: bool = False) -> Callable[..., HttpResponse]:
    """`handler`, answered from what was kept where the same call was made before; kept under a seal if it is secret."""

    def answered(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        def work() -> Answer:
            response = handler(request, *args, **kwargs)
            body = JSONRenderer().render(response.data).decode()
            return Answer(response.status_code, seal({"body": body}, **owner) if is_sealed else body)

        caller = request.user
        owner = {"workspace_id": caller.workspace.pk, "answer_id": 0}
        answer = answer_once(caller.workspace, key, fingerprint_of(request), work, now=caller.now)
        body = unseal(answer.body, **owner)["body"] if is_sealed else answer.body
        response = HttpResponse(body, status=answer.status, content_type="application/json")
        if answer.is_repeated:
            response["Idempotent-Replayed"] = "true"
        return response

    return answered


def fingerprint_of(request: Request) -> str:
    """Two calls are the same when their address and the meaning of their JSON are; the order of its names is none."""
    asked = json.dumps([request.get_full_path(), request.data], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(asked.encode()).hexdigest()
