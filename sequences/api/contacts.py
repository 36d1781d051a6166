"""contacts/: people, one on one channel each. Creating is an upsert by (channel, address)."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from channels.actions.upsert_contact import change_contact, upsert_contact
from channels.models import Channel, Contact
from sequencer.workspaces.refusals import Refused
from sequences.api.contact_input import ContactInput, channel_of, known_values
from sequences.api.fields import PublicId
from sequences.api.filters import ById, ByText
from sequences.api.moments import utc_text
from sequences.api.views import ResourceView
from sequences.rules.problems import Problem


class ContactShape(ContactInput):
    """`address` is the provider's own name for the person."""

    id = PublicId(Contact, read_only=True)

    def to_representation(self, instance: Contact) -> dict[str, Any]:
        return {
            "id": instance.public_id,
            "channel": Channel.public_id.of(instance.channel_id),
            "address": instance.address,
            "first_name": instance.first_name,
            "last_name": instance.last_name,
            "language": instance.language,
            "time_zone": instance.time_zone or None,
            "utc_offset_minutes": instance.utc_offset_minutes,
            "last_interaction_at": utc_text(instance.last_interaction_at),
            "opted_out_at": utc_text(instance.opted_out_at),
            "tags": instance.tags,
            "fields": instance.fields,
        }


class ContactView(ResourceView):
    model = Contact
    shape = ContactShape
    filters = {"channel": ById(Channel, "channel"), "address": ByText("address")}

    @extend_schema(responses={200: ContactShape, 201: ContactShape})
    def create(self, request: Request) -> Response:
        """201 for a new contact, 200 for one that was there. Tags add, fields merge, an opt-out stays."""
        values = ContactShape.read(request.data)
        channel = channel_of(values, self.workspace)
        contact, created = upsert_contact(
            channel, values["address"], known_values(values), now=self.now, actor=self.actor
        )
        return self.shown(contact, status=201 if created else 200)

    def partial_update(self, request: Request, id: str) -> Response:
        """`tags` replace, `fields` merge (a null takes one away), `opted_out_at: null` opts in again."""
        row, values = self.row(id), ContactShape.read(request.data, partial=True)
        stored = {"channel": row.channel_id, "address": row.address}
        if fixed := [name for name in stored if name in values and values[name] != stored[name]]:
            raise Refused([Problem(name, "cannot_change") for name in fixed])
        change_contact(row, known_values(values), now=self.now, actor=self.actor)
        return self.shown(row)
