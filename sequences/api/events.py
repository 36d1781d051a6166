"""events/: a named thing that happened to a contact; the rules of the sequences start, stop or restart on it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from channels.models import Contact
from sequencer.workspaces.transactions import in_one_transaction
from sequences.actions.event_rules import RuleOutcome
from sequences.actions.record_event import record_event, refuse_wrong_event
from sequences.api.contact_input import ContactInput, contact_of
from sequences.api.fields import AnyObject, Choice, Many, PublicId, Text, YesNo
from sequences.api.filters import ById, ByText
from sequences.api.moments import Moment, utc_text
from sequences.api.permissions import ACTIONS
from sequences.api.shapes import OPTIONAL, Shape
from sequences.api.subscribing import REASONS
from sequences.api.subscriptions import SubscriptionShape
from sequences.api.views import ResourceView
from sequences.models import ContactEvent, EventVerb, Sequence, Subscription
from sequences.rules.event_names import EXAMPLE, MAX_NAME

WHY_NOT = [*REASONS, "sequence_not_active", "not_inside"]


class EventInput(Shape):
    contact = ContactInput()
    name = Text(max_length=MAX_NAME, help_text=f"Small letters, digits and _ . : - such as {EXAMPLE}.")
    at = Moment(**OPTIONAL, help_text="Not in the future; now when it is absent.")
    data = AnyObject(**OPTIONAL, help_text="Whatever belongs to it.")  # type: ignore[assignment]


class EventShape(Shape):
    id = PublicId(ContactEvent, read_only=True)
    contact = PublicId(Contact)
    name = Text(max_length=MAX_NAME)
    at = Moment()
    data = AnyObject()  # type: ignore[assignment]

    def to_representation(self, instance: ContactEvent) -> dict[str, Any]:
        return {
            "id": instance.public_id,
            "contact": Contact.public_id.of(instance.contact_id),
            "name": instance.name,
            "at": utc_text(instance.at),
            "data": instance.data,
        }


class EffectShape(Shape):
    """What a rule did. `reason` says why it did nothing."""

    sequence = PublicId(Sequence)
    verb = Choice(choices=EventVerb.values)
    done = YesNo()
    reason = Choice(choices=WHY_NOT, allow_null=True)
    subscription = SubscriptionShape(allow_null=True)


class EventAnswer(Shape):
    event = EventShape()
    effects = Many(EffectShape(), most=1000)


class EventView(ResourceView):
    model = ContactEvent
    shape = EventShape
    scopes_to_write = (ACTIONS,)
    filters = {"contact": ById(Contact, "contact"), "name": ByText("name")}

    @extend_schema(request=EventInput, responses={201: EventAnswer})
    @in_one_transaction
    def create(self, request: Request) -> Response:
        """An unknown contact is created with it. `effects` has one entry for each rule that speaks of the event."""
        values = EventInput.read(request.data)
        at = values.get("at") or self.now
        # Before anybody is created for it.
        refuse_wrong_event(values["name"], at, now=self.now)
        contact = contact_of(values["contact"], self.workspace, now=self.now, actor=self.actor)
        data = values.get("data") or {}
        event, effects = record_event(contact, values["name"], at=at, data=data, now=self.now, actor=self.actor)
        body = {"event": EventShape(event).data, "effects": [self._shown(effect) for effect in effects]}
        return Response(body, status=201)

    def _shown(self, effect: RuleOutcome) -> dict[str, Any]:
        subscription = None
        if effect.subscription is not None:
            rows = Subscription.objects.in_workspace(self.workspace).select_related("channel")
            subscription = SubscriptionShape(rows.get(pk=effect.subscription.pk), context={"now": self.now}).data
        return {
            "sequence": Sequence.public_id.of(effect.rule.sequence_id),
            "verb": effect.rule.verb,
            "done": effect.is_done,
            "reason": effect.reason or None,
            "subscription": subscription,
        }
