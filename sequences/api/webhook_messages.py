"""webhook-messages/: what endpoints were told, or wait to be told, and how each try went. Kept for 30 days."""

from __future__ import annotations

import json
from typing import Any

from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from channels.models import Contact
from sequences.actions.webhook_records import Trouble
from sequences.actions.webhook_replays import replay
from sequences.api.fields import AnyObject, Choice, Many, Number, PublicId, Text
from sequences.api.filters import ById, ByWord
from sequences.api.moments import Moment, utc_text
from sequences.api.shapes import Shape
from sequences.api.views import ResourceView
from sequences.models import TellingState, WebhookAttempt, WebhookEndpoint, WebhookMessage
from sequences.rules.outgoing import MOST_TRIES, EventType

STATES = TellingState.values
TYPES = tuple(one.value for one in EventType)


class TryShape(Shape):
    """`status` is what was answered; without an answer `trouble` says why there was none."""

    at = Moment()
    status = Number(allow_null=True)
    trouble = Choice(choices=[one.value for one in Trouble], allow_null=True)
    milliseconds = Number()

    def to_representation(self, instance: WebhookAttempt) -> dict[str, Any]:
        return {
            "at": utc_text(instance.at),
            "status": instance.status,
            "trouble": instance.trouble or None,
            "milliseconds": instance.took,
        }


class WebhookMessageShape(Shape):
    """`webhook_id` is the header webhook-id of every try; `body` is null until the first one."""

    id = PublicId(WebhookMessage, read_only=True)
    webhook_id = Text(read_only=True)
    endpoint = PublicId(WebhookEndpoint, read_only=True)
    type = Choice(choices=TYPES, read_only=True)
    contact = PublicId(Contact, read_only=True, allow_null=True)
    state = Choice(choices=STATES, read_only=True)
    at = Moment(read_only=True)
    next_attempt_at = Moment(read_only=True, allow_null=True)
    body = AnyObject(read_only=True, allow_null=True)
    tries = Many(TryShape(), most=10 * MOST_TRIES, read_only=True)

    def to_representation(self, instance: WebhookMessage) -> dict[str, Any]:
        return {
            "id": instance.public_id,
            "webhook_id": instance.key,
            "endpoint": WebhookEndpoint.public_id.of(instance.endpoint_id),
            "type": instance.type,
            "contact": Contact.public_id.of(instance.contact_id),
            "state": instance.state,
            "at": utc_text(instance.at),
            "next_attempt_at": utc_text(instance.next_attempt_at),
            "body": json.loads(instance.body) if instance.body else None,
            "tries": TryShape(instance.tries.all(), many=True).data,
        }


class WebhookMessageView(ResourceView):
    model = WebhookMessage
    shape = WebhookMessageShape
    filters = {
        "endpoint": ById(WebhookEndpoint, "endpoint"),
        "contact": ById(Contact, "contact"),
        "type": ByWord(TYPES, "type"),
        "state": ByWord(tuple(TellingState.values), "state"),
    }

    def rows(self) -> QuerySet[Any]:
        return super().rows().prefetch_related(Prefetch("tries", WebhookAttempt.objects.order_by("id")))

    @extend_schema(request=None, responses={200: WebhookMessageShape})
    @action(detail=True, methods=["post"])
    def replay(self, request: Request, id: str) -> Response:
        """It goes out again, delivered or not, with its first id and body."""
        row = self.row(id)
        replay(row, now=self.now, actor=self.actor)
        return self.shown(row)
