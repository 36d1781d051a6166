"""contacts/: people, one on one channel each. Creating is an upsert by (channel, address)."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from channels.actions.contact_values import spelled
from channels.actions.erase_contact import erase_contact
from channels.actions.link_contacts import link_contacts, linked_to, unlink_contact
from channels.actions.upsert_contact import change_contact, upsert_contact
from channels.models import Channel, Contact
from sequencer.workspaces.refusals import Refused
from sequences.api.contact_input import ContactInput, channel_of, known_contact_of, known_values
from sequences.api.fields import AnyJson, AnyObject, Many, PublicId
from sequences.api.filters import ById, ByText
from sequences.api.moments import Moment, utc_text
from sequences.api.shapes import Shape
from sequences.api.views import ResourceView
from sequences.export_contact import export_of
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


class ExportShape(Shape):
    """All that is held about a person, as it is stored; more may come with time."""

    exported_at = Moment()
    contact = AnyObject()
    linked_to = Many(PublicId(Contact), most=100)
    subscriptions = Many(AnyJson(), most=10_000)
    past_sequences = Many(AnyJson(), most=10_000)
    deliveries = Many(AnyJson(), most=100_000)
    events = Many(AnyJson(), most=100_000)
    conversation = Many(AnyJson(), most=100_000)
    early_receipts = Many(AnyJson(), most=10_000)
    tests = Many(AnyJson(), most=10_000)
    webhooks = Many(AnyJson(), most=100_000)
    audit_log = Many(AnyJson(), most=100_000)


class LinkShape(Shape):
    """The other contact: {"id"}, or {"channel", "address"} of somebody who is there."""

    contact = ContactInput()


class ContactView(ResourceView):
    model = Contact
    shape = ContactShape
    filters = {"channel": ById(Channel, "channel"), "address": ByText("address")}

    def rows(self) -> QuerySet[Any]:
        """Whoever was erased is not there any more."""
        return super().rows().filter(erased_at=None)

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
        if "address" in values:
            values["address"] = spelled(row.channel.kind, values["address"])
        if fixed := [name for name in stored if name in values and values[name] != stored[name]]:
            raise Refused([Problem(name, "cannot_change") for name in fixed])
        change_contact(row, known_values(values), now=self.now, actor=self.actor)
        return self.shown(row)

    @extend_schema(responses={200: ContactShape(many=True)})
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def linked(self, request: Request, id: str) -> Response:
        """The same person's contacts on other channels."""
        return Response(self.written(linked_to(self.row(id)), many=True))

    @extend_schema(request=LinkShape, responses={200: ContactShape(many=True)})
    @action(detail=True, methods=["post"])
    def link(self, request: Request, id: str) -> Response:
        """Both contacts are one person; each keeps its own consent. The answer: all others of that person."""
        row, values = self.row(id), LinkShape.read(request.data)
        link_contacts(row, self._other(values), now=self.now, actor=self.actor)
        return Response(self.written(linked_to(self.row(id)), many=True))

    def _other(self, values: dict[str, Any]) -> Contact:
        other = known_contact_of(values["contact"], self.workspace)
        if other is None:
            raise Refused([Problem("contact", "not_found")])
        return other

    @extend_schema(request=None, responses={204: None})
    @action(detail=True, methods=["post"])
    def unlink(self, request: Request, id: str) -> Response:
        """This contact is somebody else than those it was linked to."""
        unlink_contact(self.row(id), now=self.now, actor=self.actor)
        return Response(status=204)

    @extend_schema(request=None, responses={204: None})
    @action(detail=True, methods=["post"])
    def erase(self, request: Request, id: str) -> Response:
        """All that says who they are goes, for good; the numbers stay. Under the same address they stay opted out."""
        erase_contact(self.row(id), now=self.now, actor=self.actor)
        return Response(status=204)

    @extend_schema(responses={200: ExportShape})
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def export(self, request: Request, id: str) -> Response:
        """Everything that is held about this person, to hand it to them."""
        return Response(export_of(self.row(id), now=self.now))
