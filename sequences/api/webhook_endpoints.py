"""webhook-endpoints/: where a workspace wants to be told of what happens. A secret is shown when it is made, once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from sequencer.workspaces.transactions import in_one_transaction
from sequences.actions.webhook_endpoints import (
    FIELDS,
    MAX_DESCRIPTION,
    change_endpoint,
    create_endpoint,
    disable_endpoint,
    enable_endpoint,
    remove_endpoint,
)
from sequences.actions.webhook_replays import replay_since, send_test
from sequences.actions.webhook_secrets import LONGEST_OVERLAP, USUAL_OVERLAP, rotate_secret
from sequences.api.fields import Choice, Many, Number, PublicId, Text
from sequences.api.filters import ByWord
from sequences.api.moments import Moment, utc_text
from sequences.api.shapes import Shape
from sequences.api.views import ResourceView
from sequences.api.webhook_messages import WebhookMessageShape
from sequences.models import DisabledBecause, EndpointState, WebhookEndpoint
from sequences.rules.outgoing import CHOOSABLE
from sequences.rules.web_addresses import MAX_LENGTH

_HOURS = 3600
STATES = EndpointState.values


class WebhookEndpointShape(Shape):
    id = PublicId(WebhookEndpoint, read_only=True)
    url = Text(max_length=MAX_LENGTH, help_text="https:// unless the operator opened the address for plain HTTP.")
    description = Text(max_length=MAX_DESCRIPTION, allow_blank=True, required=False)
    event_types = Many(Choice(choices=CHOOSABLE), most=len(CHOOSABLE), required=False, help_text="Empty: all of them.")
    state = Choice(choices=STATES, required=False)
    disabled_because = Choice(choices=DisabledBecause.values, read_only=True, allow_null=True)
    failing_since = Moment(read_only=True, allow_null=True, help_text="The first failure after the last success.")
    old_secret_until = Moment(read_only=True, allow_null=True)
    created_at = Moment(read_only=True)

    def to_representation(self, instance: WebhookEndpoint) -> dict[str, Any]:
        return {
            "id": instance.public_id,
            "url": instance.url,
            "description": instance.description,
            "event_types": instance.event_types,
            "state": instance.state,
            "disabled_because": instance.disabled_because or None,
            "failing_since": utc_text(instance.failing_since),
            "old_secret_until": utc_text(instance.old_secret_until),
            "created_at": utc_text(instance.created_at),
        }


class NewWebhookEndpoint(WebhookEndpointShape):
    """As it is stored, and its secret: this once."""

    secret = Text(read_only=True)


class RotateInput(Shape):
    overlap_hours = Number(
        least=0,
        most=int(LONGEST_OVERLAP.total_seconds()) // _HOURS,
        required=False,
        help_text="How long every message is signed with the old secret too; 24 when it is absent.",
    )


class SecretShape(Shape):
    secret = Text()
    old_secret_until = Moment(allow_null=True)


class ReplayInput(Shape):
    since = Moment(
        help_text="Everything that happened from then on, delivered or not; at most the last 30 days are kept."
    )


class ReplayAnswer(Shape):
    messages = Number(help_text="So many go out again.")


class WebhookEndpointView(ResourceView):
    model = WebhookEndpoint
    shape = WebhookEndpointShape
    filters = {"state": ByWord(tuple(EndpointState.values), "state")}
    answers_secrets = True

    @extend_schema(responses={201: NewWebhookEndpoint})
    @in_one_transaction
    def create(self, request: Request) -> Response:
        """The answer shows the secret, this once."""
        values = WebhookEndpointShape.read(request.data)
        row, secret = create_endpoint(self.workspace, _written(values), now=self.now, actor=self.actor)
        self._set_state(row, values.get("state"))
        answer = self.shown(row, status=201)
        answer.data["secret"] = secret
        return answer

    @in_one_transaction
    def partial_update(self, request: Request, id: str) -> Response:
        """`state` switches it off and on; on again, what waited for it goes out."""
        row, values = self.row(id), WebhookEndpointShape.read(request.data, partial=True)
        change_endpoint(row, _written(values), now=self.now, actor=self.actor)
        self._set_state(row, values.get("state"))
        return self.shown(row)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str) -> Response:
        """It goes with its log; what was not sent yet is not sent any more."""
        remove_endpoint(self.row(id), now=self.now, actor=self.actor)
        return Response(status=204)

    @extend_schema(request=RotateInput, responses={200: SecretShape})
    @action(detail=True, methods=["post"], url_path="rotate-secret")
    def rotate_secret(self, request: Request, id: str) -> Response:
        """A new secret, shown this once. Until the overlap ends every message bears two signatures."""
        row, values = self.row(id), RotateInput.read(request.data)
        hours = values.get("overlap_hours")
        overlap = USUAL_OVERLAP if hours is None else timedelta(hours=hours)
        secret = rotate_secret(row, overlap=overlap, now=self.now, actor=self.actor)
        row.refresh_from_db()
        return Response({"secret": secret, "old_secret_until": utc_text(row.old_secret_until)})

    @extend_schema(request=None, responses={201: WebhookMessageShape})
    @action(detail=True, methods=["post"])
    def test(self, request: Request, id: str) -> Response:
        """A message of the type `test` goes out within seconds; look at it under webhook-messages/."""
        message = send_test(self.row(id), now=self.now, actor=self.actor)
        return Response(WebhookMessageShape(message).data, status=201)

    @extend_schema(request=ReplayInput, responses={200: ReplayAnswer})
    @action(detail=True, methods=["post"])
    def replay(self, request: Request, id: str) -> Response:
        """Everything since a moment goes out again, with the ids and bodies of the first time."""
        row, values = self.row(id), ReplayInput.read(request.data)
        count = replay_since(row, values["since"], now=self.now, actor=self.actor)
        return Response({"messages": count})

    def _set_state(self, row: WebhookEndpoint, state: str | None) -> None:
        if state == EndpointState.DISABLED:
            disable_endpoint(row, because=DisabledBecause.BY_HAND, now=self.now, actor=self.actor)
        elif state == EndpointState.ACTIVE:
            enable_endpoint(row, now=self.now, actor=self.actor)


def _written(values: dict[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in FIELDS if name in values}
