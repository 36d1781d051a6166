"""What pages say of the sub-flows that live at a channel's provider, and what came of reading them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from channels.actions.check_connection import verdict_on
from channels.actions.refresh_sub_flows import refresh_sub_flows
from channels.admin.connection import words_for
from channels.backends import KINDS
from channels.errors import ChannelError
from channels.messages import Account
from channels.models import Channel, ExternalSubFlow
from sequencer.workspaces.access import visible
from sequencer.workspaces.actor import Actor

MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class ShownSubFlows:
    """`is_cut`: there are more than are shown. `read_at` is None until somebody reads the list."""

    rows: list[ExternalSubFlow]
    count: int
    read_at: datetime | None

    @property
    def is_cut(self) -> bool:
        return self.count > len(self.rows)


@dataclass(frozen=True, slots=True)
class Told:
    """What came of reading a list, as a sentence."""

    words: str
    is_good: bool = False


def sub_flows_of(channel: Channel | None) -> ShownSubFlows | None:
    """The stored list of a channel at whose provider sub-flows live; None for every other."""
    if channel is None or not lists_sub_flows(channel):
        return None
    stored = visible(ExternalSubFlow.objects.filter(channel=channel), channel.workspace_id)
    rows = list(stored.order_by("folder", "name", "pk")[:MOST_SHOWN])
    return ShownSubFlows(rows, stored.count(), channel.sub_flows_read_at)


def lists_sub_flows(channel: Channel) -> bool:
    return channel.kind in KINDS and KINDS[channel.kind].sub_flows(Account()) is not None


def read_anew(channel: Channel, *, now: datetime, actor: Actor) -> Told:
    """Read the list of a channel and say what came of it."""
    try:
        count = refresh_sub_flows(channel, now=now, actor=actor)
    except ChannelError as error:
        return Told(str(words_for(channel.kind, verdict_on(error))) % {"detail": error.detail})
    if not count:
        return Told(_("No sub-flow lives there yet. Make one there, then read again."))
    words = ngettext("%(count)s sub-flow was read.", "%(count)s sub-flows were read.", count)
    return Told(words % {"count": count}, is_good=True)
