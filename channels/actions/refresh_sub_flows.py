"""Read which sub-flows live at a channel's provider."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from channels.actions.pages_of import pages_of
from channels.ask import run_ask
from channels.backends.questions import Ask, ProviderSubFlow, SubFlowPage
from channels.models import Channel, ExternalSubFlow
from sequencer.workspaces.actions.audit import record_audit
from sequencer.workspaces.actor import Actor
from sequencer.workspaces.transactions import in_one_transaction

Asking = Callable[[Ask[SubFlowPage]], SubFlowPage]


def refresh_sub_flows(channel: Channel, *, now: datetime, actor: Actor, ask: Asking = run_ask) -> int:
    """Store the provider's list as it is now; how many there are. Call outside transactions.

    Raises the ChannelError that says why there is no list; then nothing changes.
    """
    pages = pages_of(channel, lambda backend, account, after: backend.sub_flows(account, after), ask)
    listed = {one.reference: one for page in pages for one in page.sub_flows}
    _store(channel, listed, now=now, actor=actor)
    return len(listed)


@in_one_transaction
def _store(channel: Channel, listed: Mapping[str, ProviderSubFlow], *, now: datetime, actor: Actor) -> None:
    """Rows keep their numbers; what the provider no longer lists goes. A list that was asked for earlier comes late."""
    taken = Channel.objects.select_for_update(no_key=True).get(pk=channel.pk)
    channel.sub_flows_read_at = taken.sub_flows_read_at
    if taken.sub_flows_read_at is not None and taken.sub_flows_read_at > now:
        return
    known = {row.reference: row for row in ExternalSubFlow.objects.filter(channel=taken)}
    gone = [row.pk for reference, row in known.items() if reference not in listed]
    ExternalSubFlow.objects.filter(pk__in=gone).delete()
    own = {"workspace_id": taken.workspace_id, "channel": taken}
    ExternalSubFlow.objects.bulk_create(
        ExternalSubFlow(**own, reference=one.reference, name=one.name, folder=one.folder)
        for one in listed.values()
        if one.reference not in known
    )
    changed = [row for row in known.values() if row.reference in listed and _differs(row, listed[row.reference])]
    for row in changed:
        row.name, row.folder = listed[row.reference].name, listed[row.reference].folder
    ExternalSubFlow.objects.bulk_update(changed, ["name", "folder"], batch_size=500)
    taken.sub_flows_read_at = channel.sub_flows_read_at = now
    taken.save(update_fields=["sub_flows_read_at"])
    record_audit("sub_flows_read", taken, actor=actor, now=now, changes={"sub_flows": [None, len(listed)]})


def _differs(row: ExternalSubFlow, told: ProviderSubFlow) -> bool:
    return (row.name, row.folder) != (told.name, told.folder)
