"""subscriptions/: who goes through which sequence, and what comes next. They begin in actions/."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from channels.models import Contact
from sequences.actions.unsubscribe import stop_subscriptions
from sequences.api.fields import Choice, PublicId
from sequences.api.filters import ById, ByMoment, ByWord
from sequences.api.moments import Moment, utc_text
from sequences.api.shapes import OPTIONAL, Shape
from sequences.api.views import ResourceView
from sequences.models import Sequence, Step, Subscription, SubscriptionState
from sequences.rules.reasons import Because, EndedBecause
from sequences.waiting import why_next


class SubscriptionShape(Shape):
    """Needs the context `now`: why the next message waits depends on the channel at this moment."""

    id = PublicId(Subscription, read_only=True)
    sequence = PublicId(Sequence, read_only=True)
    contact = PublicId(Contact, read_only=True)
    state = Choice(choices=SubscriptionState.values)
    ended_because = Choice(choices=[word.value for word in EndedBecause], read_only=True, allow_null=True)
    subscribed_at = Moment(read_only=True)
    next_step = PublicId(Step, read_only=True, allow_null=True)
    next_send_at = Moment(read_only=True, allow_null=True)
    next_because = Choice(choices=[word.value for word in Because], read_only=True, allow_null=True)

    def to_representation(self, instance: Subscription) -> dict[str, Any]:
        return {
            "id": instance.public_id,
            "sequence": Sequence.public_id.of(instance.sequence_id),
            "contact": Contact.public_id.of(instance.contact_id),
            "state": instance.state,
            "ended_because": instance.ended_because or None,
            "subscribed_at": utc_text(instance.subscribed_at),
            "next_step": Step.public_id.of(instance.next_step_id),
            "next_send_at": utc_text(instance.next_send_at),
            "next_because": why_next(instance, now=self.context["now"]) or None,
        }


# Why somebody's sequence may be ended from outside; all other reasons are the engine's own.
STOPPED_FROM_OUTSIDE = [
    EndedBecause.UNSUBSCRIBED.value,
    EndedBecause.REPLIED.value,
    EndedBecause.EXIT_RULE.value,
    EndedBecause.MOVED.value,
]


class StopShape(Shape):
    state = Choice(choices=[SubscriptionState.STOPPED.value])
    ended_because = Choice(
        choices=STOPPED_FROM_OUTSIDE, **OPTIONAL, help_text="`unsubscribed` when nothing else is said."
    )


class SubscriptionView(ResourceView):
    model = Subscription
    shape = SubscriptionShape
    filters = {
        "sequence": ById(Sequence, "sequence"),
        "contact": ById(Contact, "contact"),
        "state": ByWord(tuple(SubscriptionState.values), "state"),
        "step": ById(Step, "next_step"),
        "next_send_at_from": ByMoment("next_send_at__gte"),
        "next_send_at_until": ByMoment("next_send_at__lt"),
    }

    def rows(self) -> QuerySet[Any]:
        return super().rows().select_related("channel")

    @extend_schema(request=StopShape, responses={200: SubscriptionShape})
    def partial_update(self, request: Request, id: str) -> Response:
        """Stops it; one that has ended stays as it ended."""
        row, values = self.row(id), StopShape.read(request.data)
        because = EndedBecause(values.get("ended_because") or EndedBecause.UNSUBSCRIBED)
        stop_subscriptions([row.pk], because=because, now=self.now, actor=self.actor)
        return self.shown(row)
