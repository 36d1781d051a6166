"""A contact as calls name one: by id, or by channel and address with whatever else is known of the person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from channels.actions.contact_values import spelled
from channels.actions.upsert_contact import upsert_contact
from channels.models import Channel, Contact
from sequencer.workspaces.access import visible
from sequencer.workspaces.actor import Actor
from sequencer.workspaces.models import Workspace
from sequencer.workspaces.refusals import Refused
from sequences.api.fields import AnyObject, Many, Number, PublicId, Text
from sequences.api.moments import Moment
from sequences.api.shapes import OPTIONAL, Shape
from sequences.rules.problems import Problem

NAMING = ("id", "channel", "address")


class ContactInput(Shape):
    """{"id"} alone, or {"channel", "address", ...what is known}. Null means: nothing known."""

    id = PublicId(Contact, required=False)
    channel = PublicId(Channel, required=False)
    address = Text(max_length=200, required=False)
    first_name = Text(max_length=100, allow_blank=True, **OPTIONAL)
    last_name = Text(max_length=100, allow_blank=True, **OPTIONAL)
    language = Text(max_length=20, allow_blank=True, **OPTIONAL)
    time_zone = Text(max_length=64, allow_blank=True, **OPTIONAL)
    utc_offset_minutes = Number(**OPTIONAL)
    last_interaction_at = Moment(**OPTIONAL)
    opted_out_at = Moment(**OPTIONAL)
    tags = Many(Text(max_length=100), most=200, **OPTIONAL)
    fields = AnyObject(**OPTIONAL)  # type: ignore[assignment]  # the metaclass takes it away from the attributes


def known_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """What the values say of the person, as the columns hold it."""
    known = {name: value for name, value in values.items() if name not in NAMING}
    for name in ("first_name", "last_name", "language", "time_zone"):
        if name in known:
            known[name] = known[name] or ""
    for name, nothing in (("tags", []), ("fields", {})):
        if name in known and known[name] is None:
            known[name] = nothing
    return known


def channel_of(values: Mapping[str, Any], workspace: Workspace) -> Channel:
    """The channel that is named; Refused on the fields that are missing, or when it is not ours."""
    problems = [Problem(name, "required") for name in ("channel", "address") if name not in values]
    if problems:
        raise Refused(problems)
    channel: Channel | None = visible(Channel.objects.all(), workspace).filter(pk=values["channel"]).first()
    if channel is None:
        raise Refused([Problem("channel", "not_found")])
    return channel


def contact_of(values: Mapping[str, Any], workspace: Workspace, *, now: datetime, actor: Actor) -> Contact:
    """The contact, written first when it is named by its address. Raises Refused with fields under "contact"."""
    with under("contact"):
        if "id" in values:
            return _by_id(values, workspace)
        channel = channel_of(values, workspace)
        return upsert_contact(channel, values["address"], known_values(values), now=now, actor=actor)[0]


def known_contact_of(values: Mapping[str, Any], workspace: Workspace) -> Contact | None:
    """The contact if it is there, and nothing written. Raises Refused with fields under "contact"."""
    with under("contact"):
        if "id" in values:
            return _by_id(values, workspace)
        channel = channel_of(values, workspace)
        address = spelled(channel.kind, values["address"])
        return Contact.objects.in_workspace(workspace).filter(channel=channel, address=address).first()


@contextmanager
def under(name: str) -> Iterator[None]:
    """Problems inside belong to fields of the object `name`."""
    try:
        yield
    except Refused as refused:
        raise Refused([Problem(f"{name}.{one.field}", one.code, one.params) for one in refused.problems]) from refused


def _by_id(values: Mapping[str, Any], workspace: Workspace) -> Contact:
    if others := sorted(set(values) - {"id"}):
        raise Refused([Problem(name, "not_together") for name in others])
    people = visible(Contact.objects.all(), workspace).filter(erased_at=None)
    contact: Contact | None = people.filter(pk=values["id"]).first()
    if contact is None:
        raise Refused([Problem("id", "not_found")])
    return contact
