"""Send again: one message, everything since a moment, or a test; always with the ids and bodies of the first time."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db.models import QuerySet

from sequencer.workspaces.actions.audit import record_audit
from sequencer.workspaces.actor import Actor
from sequencer.workspaces.refusals import Conflict, Refused
from sequencer.workspaces.transactions import in_one_transaction
from sequences.models import EndpointState, TellingState, WebhookEndpoint, WebhookMessage
from sequences.rules.outgoing import EventType
from sequences.rules.problems import Problem

NOT_ACTIVE = "endpoint_disabled"


@in_one_transaction
def send_test(endpoint: WebhookEndpoint, *, now: datetime, actor: Actor) -> WebhookMessage:
    """A message of the type `test`, for this endpoint only. Raises Conflict while the endpoint is disabled."""
    _check(endpoint)
    message = WebhookMessage.objects.create(
        workspace_id=endpoint.workspace_id,
        endpoint=endpoint,
        key=f"msg_{uuid.uuid4().hex}",
        type=EventType.TEST.value,
        at=now,
        recorded_at=now,
        next_attempt_at=now,
    )
    record_audit("tested", endpoint, actor=actor, now=now)
    return message


@in_one_transaction
def replay_since(endpoint: WebhookEndpoint, since: datetime, *, now: datetime, actor: Actor) -> int:
    """Everything that happened from `since` on goes out again, delivered or not; how many. Raises Refused, Conflict."""
    _check(endpoint)
    if since > now:
        raise Refused([Problem("since", "in_the_future")])
    count = _again(WebhookMessage.objects.filter(endpoint=endpoint, at__gte=since), now)
    record_audit("replayed", endpoint, actor=actor, now=now, changes={"messages": [None, count]})
    return count


@in_one_transaction
def replay(message: WebhookMessage, *, now: datetime, actor: Actor) -> None:
    """One message goes out again. Raises Conflict while its endpoint is disabled."""
    _check(message.endpoint)
    _again(WebhookMessage.objects.filter(pk=message.pk), now)
    record_audit("replayed", message.endpoint, actor=actor, now=now, changes={"messages": [None, 1]})


def _check(endpoint: WebhookEndpoint) -> None:
    if not WebhookEndpoint.objects.filter(pk=endpoint.pk, state=EndpointState.ACTIVE).exists():
        raise Conflict(NOT_ACTIVE)


def _again(messages: QuerySet[WebhookMessage], now: datetime) -> int:
    """With all their tries before them, as if they had just happened."""
    return messages.update(state=TellingState.WAITING, attempts=0, next_attempt_at=now, ended_at=None)
