"""What every admin page asks of its request: who looks at which workspace, and who is behind a deed."""

from __future__ import annotations

from django.http import HttpRequest

from sequencer.workspaces.access import Access, access_of
from sequencer.workspaces.actor import Actor, ActorKind

_UNASKED = object()


def access_for(request: HttpRequest) -> Access | None:
    """The access of the request's user, asked once a request; None for nobody and for a member of nothing."""
    access = getattr(request, "_access", _UNASKED)
    if access is _UNASKED:
        access = access_of(request.user)
        request._access = access  # type: ignore[attr-defined]
    return access  # type: ignore[return-value]


def access_to(request: HttpRequest) -> Access:
    """The access on a page that only members reach."""
    access = access_for(request)
    assert access is not None, "only pages behind site.admin_view may ask"  # noqa: S101
    return access


def actor_of(request: HttpRequest) -> Actor:
    """The logged-in person, as the audit log will name them."""
    return Actor(
        ActorKind.USER,
        id=request.user.pk,
        label=str(request.user),
        ip_address=request.META.get("REMOTE_ADDR") or None,
        request_id=str(getattr(request, "request_id", "")),
    )
