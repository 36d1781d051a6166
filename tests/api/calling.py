"""A program that calls the API with a key, as an outside one would."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from sequencer.workspaces.models import Scope, Workspace
from tests.builders import an_api_key

EVERYTHING = tuple(Scope.values)


class Program:
    """`program.post("contacts/", {...})` -> the response; `.json()` reads it."""

    def __init__(self, workspace: Workspace, scopes: tuple[str, ...] = EVERYTHING, language: str = "en") -> None:
        self.key = an_api_key(workspace, scopes)
        self.client = Client(headers={"accept-language": language, "authorization": f"Bearer {self.key}"})

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(path if path.startswith("http") else f"/api/v1/{path}", query or None)

    def post(self, path: str, body: Any = None, *, key: str | None = None) -> Any:
        """`key`: the Idempotency-Key."""
        headers = {} if key is None else {"idempotency-key": key}
        sent = json.dumps(body or {})
        return self.client.post(f"/api/v1/{path}", sent, content_type="application/json", headers=headers)

    def patch(self, path: str, body: Any) -> Any:
        return self.client.patch(f"/api/v1/{path}", json.dumps(body), content_type="application/json")

    def refused(self, response: Any) -> list[tuple[str, str]]:
        """The fields and codes of a 422, which it must be."""
        assert response.status_code == 422, response.content
        assert response["Content-Type"] == "application/problem+json"
        return [(error["field"], error["code"]) for error in response.json()["errors"]]
