"""What a key may do: each view names the scopes of which one is enough, by method."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from sequencer.workspaces.models import Scope

READ, ACTIONS, MANAGE = (Scope.READ.value, Scope.ACTIONS.value, Scope.MANAGE.value)


class HasScope(BasePermission):
    """A view may widen `scopes_to_read` and `scopes_to_write`."""

    def has_permission(self, request: Request, view: Any) -> bool:
        held = getattr(request.auth, "scopes", ())
        return any(scope in held for scope in needed_scopes(request, view))


def needed_scopes(request: Request, view: Any) -> tuple[str, ...]:
    if request.method in ("GET", "HEAD"):
        return getattr(view, "scopes_to_read", (READ,))
    return getattr(view, "scopes_to_write", (MANAGE,))
