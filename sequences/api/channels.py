"""channels/: the connected accounts. Credentials go in and never come out."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from channels.actions.pause_channel import pause_channel, resume_channel
from channels.actions.save_channel import ChannelDraft, save_channel
from channels.ask import webhook_of
from channels.backends import kinds
from channels.models import Channel, ChannelState, PausedBecause
from sequencer.workspaces.refusals import Refused
from sequencer.workspaces.transactions import in_one_transaction
from sequences.api.fields import AnyObject, Choice, PublicId, Text
from sequences.api.filters import ByWord
from sequences.api.shapes import Shape
from sequences.api.views import ResourceView
from sequences.rules.problems import Problem


class ChannelShape(Shape):
    id = PublicId(Channel, read_only=True)
    kind = Text(max_length=20)
    name = Text(max_length=100)
    state = Choice(choices=ChannelState.values, required=False)
    paused_because = Choice(choices=PausedBecause.values, read_only=True, allow_null=True)
    settings = AnyObject(required=False)
    credentials = AnyObject(required=False, write_only=True)
    webhook_url = Text(read_only=True)

    def to_representation(self, instance: Channel) -> dict[str, Any]:
        return {
            "id": instance.public_id,
            "kind": instance.kind,
            "name": instance.name,
            "state": instance.state,
            "paused_because": instance.paused_because or None,
            "settings": instance.settings,
            "webhook_url": webhook_of(instance),
        }


class ChannelView(ResourceView):
    model = Channel
    shape = ChannelShape
    filters = {"kind": ByWord(kinds(), "kind"), "state": ByWord(tuple(ChannelState.values), "state")}

    @extend_schema(responses={201: ChannelShape})
    @in_one_transaction
    def create(self, request: Request) -> Response:
        values = ChannelShape.read(request.data)
        made = save_channel(self.workspace, None, _draft(values), now=self.now, actor=self.actor)
        self._set_state(made, values.get("state"))
        return self.shown(made, status=201)

    @in_one_transaction
    def partial_update(self, request: Request, id: str) -> Response:
        """`settings` and `credentials` join what is stored; a null takes a setting away.

        A `base_url` with another scheme, host or port needs all credentials in the same call.
        """
        row, values = self.row(id), ChannelShape.read(request.data, partial=True)
        if values.get("kind", row.kind) != row.kind:
            raise Refused([Problem("kind", "cannot_change")])
        save_channel(self.workspace, row, _draft(values), now=self.now, actor=self.actor)
        self._set_state(row, values.get("state"))
        return self.shown(row)

    def _set_state(self, channel: Channel, state: str | None) -> None:
        if state == ChannelState.PAUSED:
            pause_channel(channel, now=self.now, actor=self.actor)
        elif state == ChannelState.ACTIVE:
            resume_channel(channel, now=self.now, actor=self.actor)


def _draft(values: dict[str, Any]) -> ChannelDraft:
    return ChannelDraft(
        kind=values.get("kind", ""),
        name=values.get("name"),
        settings=values.get("settings", {}),
        credentials=values.get("credentials", {}),
    )
