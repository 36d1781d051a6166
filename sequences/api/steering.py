"""What subscriptions/ can be told beside stopping: move to another step, wait longer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from sequencer.workspaces.refusals import Refused
from sequencer.workspaces.transactions import in_one_transaction
from sequences.actions.steer_subscription import LONGEST, move_to_step, postpone
from sequences.api.fields import Choice, Number, PublicId
from sequences.api.moments import Moment
from sequences.api.shapes import OPTIONAL, Shape
from sequences.api.subscriptions import SubscriptionShape
from sequences.api.subscriptions import SubscriptionView as Subscriptions
from sequences.models import DelayUnit, Step
from sequences.rules.problems import Problem

UNITS = [unit for unit in DelayUnit.values if unit != DelayUnit.IMMEDIATELY]


class MoveInput(Shape):
    step = PublicId(Step)


class LongerShape(Shape):
    amount = Number(least=1, most=10**9)
    unit = Choice(choices=UNITS)


class PostponeInput(Shape):
    """One of both."""

    until = Moment(**OPTIONAL)
    by = LongerShape(**OPTIONAL, help_text="Counted from the moment that is planned now.")


class SubscriptionView(Subscriptions):
    @extend_schema(
        request=MoveInput,
        responses={200: SubscriptionShape},
        examples=[OpenApiExample("To a step", {"step": "stp_yVRh72SK"}, request_only=True)],
    )
    @action(detail=True, methods=["post"])
    @in_one_transaction
    def move(self, request: Request, id: str) -> Response:
        """Their next message is this step of the sequence; its countdown begins now, what lies between is passed over.

        409 `subscription_ended`, or `being_sent` while a worker has their message in hand.
        """
        row, values = self.row(id), MoveInput.read(request.data)
        return self.shown(move_to_step(row, values["step"], now=self.now, actor=self.actor))

    @extend_schema(
        request=PostponeInput,
        responses={200: SubscriptionShape},
        examples=[
            OpenApiExample("By three days", {"by": {"amount": 3, "unit": "days"}}, request_only=True),
            OpenApiExample("Until a moment", {"until": "2026-12-24T08:00:00Z"}, request_only=True),
        ],
    )
    @action(detail=True, methods=["post"])
    @in_one_transaction
    def postpone(self, request: Request, id: str) -> Response:
        """Their next message waits until then, and for its send window; never does it go earlier by this.

        409 `nothing_planned` when it waits for the person or a paused sequence, and as for move/.
        """
        row, values = self.row(id), PostponeInput.read(request.data)
        until, by = values.get("until"), values.get("by")
        if until and by:
            raise Refused([Problem("by", "not_together")])
        longer = _length(by) if by else None
        return self.shown(postpone(row, until=until, by=longer, now=self.now, actor=self.actor))


def _length(by: dict[str, Any]) -> timedelta:
    one = timedelta(**{by["unit"]: 1})
    if by["amount"] > LONGEST / one:
        raise Refused([Problem("by.amount", "out_of_range", {"min": 1, "max": int(LONGEST / one)})])
    length: timedelta = one * by["amount"]
    return length
