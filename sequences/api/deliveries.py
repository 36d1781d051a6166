"""deliveries/: what was sent, waits or did not go, and why. Read-only: the engine alone writes them."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, QuerySet

from channels.models import Channel, Contact
from sequences.api.fields import Choice, Many, Number, PublicId, Text
from sequences.api.filters import ById, ByWord
from sequences.api.moments import Moment, utc_text
from sequences.api.shapes import Shape
from sequences.api.views import ResourceView
from sequences.models import Delivery, DeliveryState, SentPart, Sequence, Step, Subscription
from sequences.rules.reasons import Reason

REASONS = [word.value for word in Reason]


class DeliveryShape(Shape):
    """`channel` and `fell_back_because` stand only on what went to another contact of the same person."""

    id = PublicId(Delivery, read_only=True)
    subscription = PublicId(Subscription, read_only=True)
    step = PublicId(Step, read_only=True)
    contact = PublicId(Contact, read_only=True)
    # Nothing is ever read by this shape; what is called read-only, the description calls always there.
    channel = PublicId(Channel, required=False)
    fell_back_because = Choice(choices=REASONS, required=False)
    state = Choice(choices=DeliveryState.values, read_only=True)
    reason = Choice(choices=REASONS, read_only=True, allow_null=True)
    attempts = Number(read_only=True)
    provider_message_ids = Many(Text(), most=100, read_only=True)
    due_at = Moment(read_only=True)
    sent_at = Moment(read_only=True, allow_null=True)

    def to_representation(self, instance: Delivery) -> dict[str, Any]:
        parts = [part.provider_message_id for part in instance.parts.all()]
        elsewhere = {
            "channel": Channel.public_id.of(instance.channel_id),
            "fell_back_because": instance.fell_back_because,
        }
        return {
            "id": instance.public_id,
            "subscription": Subscription.public_id.of(instance.subscription_id),
            "step": Step.public_id.of(instance.step_id),
            "contact": Contact.public_id.of(instance.contact_id),
            "state": instance.state,
            "reason": instance.reason or None,
            "attempts": instance.attempts,
            "provider_message_ids": [number for number in parts if number],
            "due_at": utc_text(instance.due_at),
            "sent_at": utc_text(instance.sent_at),
            **(elsewhere if instance.fell_back_because else {}),
        }


class DeliveryView(ResourceView):
    model = Delivery
    shape = DeliveryShape
    filters = {
        "subscription": ById(Subscription, "subscription"),
        "contact": ById(Contact, "contact"),
        "sequence": ById(Sequence, "subscription__sequence"),
        "state": ByWord(tuple(DeliveryState.values), "state"),
    }

    def rows(self) -> QuerySet[Any]:
        return super().rows().prefetch_related(Prefetch("parts", SentPart.objects.order_by("part")))
