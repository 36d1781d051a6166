"""The addresses by which somebody ends what we send them: signed, so that only who got one can name a person."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse

from channels.models import Contact
from sequencer.workspaces.models import Workspace

MAX_TOKEN = 300
_signer = Signer(salt="channels.ways_out", sep=".")


@dataclass(frozen=True, slots=True)
class WayOut:
    """Who wants to leave, and which list: one of ours by its public id, empty for all that the channel sends."""

    workspace_id: int
    contact_id: int
    list_id: str = ""


def way_out(contact: Contact, list_id: str = "") -> str:
    """The address of the page, good for as long as SECRET_KEY is."""
    names = (Workspace.public_id.of(contact.workspace_id), Contact.public_id.of(contact.pk), list_id)
    token = _signer.sign("-".join(name for name in names if name))
    return f"{settings.PUBLIC_URL.rstrip('/')}{reverse('unsubscribe', args=[token])}"


def read_way_out(token: str) -> WayOut | None:
    """What a token of ours names; None for every other text."""
    if len(token) > MAX_TOKEN:
        return None
    try:
        workspace, contact, *lists = _signer.unsign(token).split("-")
    except (BadSignature, ValueError):
        return None
    numbers = Workspace.public_id.parse(workspace), Contact.public_id.parse(contact)
    if None in numbers or len(lists) > 1:
        return None
    return WayOut(numbers[0] or 0, numbers[1] or 0, lists[0] if lists else "")
