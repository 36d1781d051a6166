"""Sub-flows that live at a channel's provider: which of ours point at one that is gone there, and taking one over."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from channels.models import Channel, ExternalSubFlow
from sequencer.workspaces.actor import Actor
from sequencer.workspaces.transactions import in_one_transaction
from sequences.actions.free_names import free_name
from sequences.actions.save_sub_flow import ExternalDraft, SubFlowDraft, save_sub_flow
from sequences.models import SubFlow


def gone_there(sub_flows: Iterable[SubFlow]) -> set[int]:
    """Ids of those whose reference the channel's list does not hold; a channel that never read its list is trusted."""
    bound = {row.pk: (row.external_channel_id, row.external_reference) for row in sub_flows if row.external_channel_id}
    if not bound:
        return set()
    channel_ids, references = {one for one, _ in bound.values()}, {one for _, one in bound.values()}
    read = set(Channel.objects.filter(pk__in=channel_ids).exclude(sub_flows_read_at=None).values_list("pk", flat=True))
    rows = ExternalSubFlow.objects.filter(channel__in=read, reference__in=references)
    listed = set(rows.values_list("channel_id", "reference"))
    return {number for number, place in bound.items() if place[0] in read and place not in listed}


@in_one_transaction
def take_over(there: ExternalSubFlow, *, now: datetime, actor: Actor) -> SubFlow:
    """The sub-flow of ours that sends this one; made where there is none yet. Raises Refused."""
    Channel.objects.select_for_update(no_key=True).get(pk=there.channel_id)  # two who take it over make one
    mine = SubFlow.objects.in_workspace(there.workspace_id).in_use()
    bound: SubFlow | None = mine.filter(external_channel=there.channel_id, external_reference=there.reference).first()
    if bound is not None:
        return bound
    external = ExternalDraft(there.channel_id, there.reference, there.name)
    taken = set(mine.values_list("name", flat=True))
    # Its name there, numbered where another sub-flow of ours has it.
    draft = SubFlowDraft(free_name(there.name.strip()[:90], taken, "{} ({})".format), external=external)
    return save_sub_flow(there.workspace, None, draft, now=now, actor=actor)
