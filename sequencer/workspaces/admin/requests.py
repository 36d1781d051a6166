"""What every admin page asks of its request: who looks at which workspace, and who is behind a deed."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from sequencer.workspaces.access import Access, access_of
from sequencer.workspaces.actor import Actor, ActorKind
from sequencer.workspaces.client_ip import client_ip


def access_for(request: HttpRequest) -> Access | None:
    """The access of the request's user, asked once a request; None for nobody and for a member of nothing."""
    kept = vars(request)
    if "_access" not in kept:
        kept["_access"] = access_of(request.user)
    access: Access | None = kept["_access"]
    return access


def access_to(request: HttpRequest) -> Access:
    """The access on a page that only members reach; whoever comes by another way is turned away."""
    access = access_for(request)
    if access is None:
        raise PermissionDenied
    return access


def actor_of(request: HttpRequest) -> Actor:
    """The logged-in person, as the audit log will name them."""
    return Actor(
        ActorKind.USER,
        id=request.user.pk,
        label=str(request.user),
        ip_address=client_ip(request),
        request_id=str(getattr(request, "request_id", "")),
    )


def number_of(text: str | None) -> int | None:
    """An id out of an address or a form; None for anything else."""
    return int(text) if text and text.isdecimal() and len(text) < 19 else None
