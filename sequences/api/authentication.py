"""Who calls: the key of one workspace, in the header `Authorization: Bearer <key>`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from sequencer.workspaces.actions.api_keys import find_api_key, note_use
from sequencer.workspaces.actor import Actor, ActorKind
from sequencer.workspaces.client_ip import client_ip
from sequencer.workspaces.models import ApiKey, Workspace


@dataclass(frozen=True, slots=True)
class Caller:
    """Stands where the framework expects a user. `now` is the one moment of this request."""

    key: ApiKey
    actor: Actor
    now: datetime

    is_authenticated = True
    is_active = True

    @property
    def workspace(self) -> Workspace:
        return self.key.workspace

    @property
    def pk(self) -> int:
        return self.key.pk


class ApiKeyAuthentication(BaseAuthentication):
    """Nothing tells a wrong key from an expired or a revoked one."""

    def authenticate(self, request: Request) -> tuple[Caller, ApiKey] | None:
        scheme, _, text = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        now = timezone.now()
        key = find_api_key(text.strip(), now=now)
        if key is None:
            raise AuthenticationFailed
        note_use(key, now=now)
        actor = Actor(ActorKind.API_KEY, key.pk, key.name, client_ip(request), getattr(request, "request_id", ""))
        return Caller(key, actor, now), key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the key stands in the description of the API."""

    target_class = ApiKeyAuthentication
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A key of one workspace: `seq_live_...`."}
