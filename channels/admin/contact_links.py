"""The person behind a contact, on its page: which other contacts they are, and how that is said and taken back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels.actions.link_contacts import link_contacts, linked_to, unlink_contact
from channels.models import Channel, Contact
from sequencer.workspaces.access import visible
from sequencer.workspaces.admin.requests import access_to, actor_of, number_of
from sequencer.workspaces.admin.site import site
from sequencer.workspaces.refusals import Refused


def links_of(request: HttpRequest, contact: Contact) -> dict[str, Any]:
    """What the template needs: those already linked, and the channels on which the person may have another contact."""
    linked = linked_to(contact)
    taken = {contact.channel_id, *(one.channel_id for one in linked)}
    channels = visible(Channel.objects.all(), access_to(request).workspace).exclude(pk__in=taken)
    return {"linked": linked, "channels_to_link": list(channels.order_by("name", "pk"))}


def change_links(request: HttpRequest, contact: Contact) -> None:
    """Link the contact that is named by channel and address, or let this one stand alone; by POST."""
    now, actor = timezone.now(), actor_of(request)
    if request.POST.get("link") == "none":
        if unlink_contact(contact, now=now, actor=actor):
            messages.success(request, _("This contact stands alone again."))
        return
    other = _named(request)
    if other is None:
        messages.error(request, _("Nobody has this address on that channel."))
        return
    try:
        link_contacts(contact, other, now=now, actor=actor)
    except Refused as refused:
        messages.error(request, str(site.explain(refused.problems[0].code, {})))
    else:
        messages.success(request, _("Linked: both are one person."))


def _named(request: HttpRequest) -> Contact | None:
    workspace = access_to(request).workspace
    people = visible(Contact.objects.all(), workspace).filter(erased_at=None)
    channel, address = number_of(request.POST.get("channel")) or 0, request.POST.get("address", "").strip()
    found: Contact | None = people.filter(channel=channel, address=address.replace("\x00", "")).first()
    return found
