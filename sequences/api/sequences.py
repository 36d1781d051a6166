"""sequences/: the sequences of the workspace, with their steps."""

from __future__ import annotations

import dataclasses
from typing import Any

from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from channels.models import Channel
from sequencer.workspaces.refusals import Refused
from sequencer.workspaces.transactions import in_one_transaction
from sequences.actions.duplicate_sequence import duplicate_sequence
from sequences.actions.locking import take_sequence
from sequences.actions.save_sequence import SequenceDraft, draft_of, save_sequence
from sequences.api.fields import Choice, Many, PublicId, Text, YesNo
from sequences.api.filters import ByText, ByWord
from sequences.api.shapes import Shape
from sequences.api.steps import StepShape, amount_problems, drafts_of
from sequences.api.versions import IF_MATCH, refuse_other_version, version_of
from sequences.api.views import ResourceView
from sequences.models import Sequence, SequenceState, Step
from sequences.rules.drafts import MAX_STEPS

KEPT_NAMES = ("name", "state", "stop_on_reply", "reentry")


class SequenceShape(Shape):
    id = PublicId(Sequence, read_only=True)
    name = Text(max_length=100)
    state = Choice(choices=SequenceState.values, required=False)
    stop_on_reply = YesNo(required=False)
    reentry = YesNo(required=False)
    channels = Many(PublicId(Channel), most=100, required=False)
    steps = Many(StepShape(), most=MAX_STEPS, required=False)

    def to_representation(self, instance: Sequence) -> dict[str, Any]:
        return {
            "id": instance.public_id,
            "name": instance.name,
            "state": instance.state,
            "stop_on_reply": instance.stop_on_reply,
            "reentry": instance.reentry,
            "channels": [channel.public_id for channel in instance.channels.all()],
            "steps": StepShape(instance.steps.all(), many=True).data,
        }


PAUSE = OpenApiExample("Pause", {"state": "paused"}, request_only=True)
REORDER = OpenApiExample(
    "Another order, the second one switched off",
    {
        "steps": [
            {"id": "stp_yVRh72SK", "delay": {"amount": 2, "unit": "hours"}, "sub_flow": "sfl_iWNG7XN5"},
            {
                "id": "stp_0WUpxhv6",
                "delay": {"amount": 1, "unit": "days"},
                "sub_flow": "sfl_yVRh72SK",
                "enabled": False,
            },
        ]
    },
    request_only=True,
)


class SequenceView(ResourceView):
    model = Sequence
    shape = SequenceShape
    filters = {"state": ByWord(tuple(SequenceState.values), "state"), "name": ByText("name")}

    def rows(self) -> QuerySet[Any]:
        steps = Prefetch("steps", Step.objects.in_use().in_order())
        return super().rows().prefetch_related(steps, Prefetch("channels", Channel.objects.order_by("id")))

    @extend_schema(responses={201: SequenceShape})
    def create(self, request: Request) -> Response:
        draft = _changed(SequenceDraft(name=""), SequenceShape.read(request.data))
        made = save_sequence(self.workspace, None, draft, now=self.now, actor=self.actor)
        return self.shown(made, status=201)

    @extend_schema(parameters=[IF_MATCH], examples=[PAUSE, REORDER])
    @in_one_transaction
    def partial_update(self, request: Request, id: str) -> Response:
        """Known step ids are kept, in the order given; a step without id is new, missing ones are archived.

        `state` pauses, resumes and archives. What a call does not name stays as whoever changed it last has left it.
        """
        row, values = self.row(id), SequenceShape.read(request.data, partial=True)
        taken = take_sequence(row.pk)
        refuse_other_version(request, taken.updated_at)
        save_sequence(self.workspace, row, _changed(draft_of(taken), values), now=self.now, actor=self.actor)
        return self.shown(row)

    @extend_schema(request=None, responses={201: SequenceShape})
    @action(detail=True, methods=["post"])
    def duplicate(self, request: Request, id: str) -> Response:
        """A draft with the same steps under a free name; nobody is in it."""
        made = duplicate_sequence(self.row(id), now=self.now, actor=self.actor)
        return self.shown(made, status=201)

    def headers_of(self, row: Sequence) -> dict[str, str]:
        return {"ETag": version_of(row.updated_at)}


def _changed(draft: SequenceDraft, values: dict[str, Any]) -> SequenceDraft:
    given: dict[str, Any] = {name: values[name] for name in KEPT_NAMES if name in values}
    if "channels" in values:
        given["channel_ids"] = tuple(dict.fromkeys(values["channels"]))
    if "steps" in values:
        if problems := amount_problems(values["steps"]):
            raise Refused(problems)
        given["steps"] = drafts_of(values["steps"])
    return dataclasses.replace(draft, **given)
