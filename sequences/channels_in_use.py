"""Which channels a sequence or a sub-flow is for: what its warnings are about, and nothing else."""

from __future__ import annotations

from django.db.models import Exists, OuterRef

from channels.models import Channel, Contact
from sequencer.workspaces.models import Workspace
from sequences.models import Sequence, SequenceState, Step, SubFlow


def channels_of_sequence(sequence: Sequence) -> list[Channel]:
    """Those that it names; else all that somebody can be reached on; else all that there are."""
    return list(sequence.channels.order_by("name", "pk")) or _reachable(sequence.workspace)


def channels_of_sub_flow(sub_flow: SubFlow) -> list[Channel]:
    """Those of the living sequences that send it; one that nobody sends yet may go anywhere."""
    steps = Step.objects.filter(sub_flow=sub_flow).in_use().exclude(sequence__state=SequenceState.ARCHIVED)
    using = Sequence.objects.filter(pk__in=steps.values("sequence")).prefetch_related("channels")
    named = [list(sequence.channels.all()) for sequence in using]
    if not named or not all(named):
        return _reachable(sub_flow.workspace)
    found = {channel.pk: channel for channels in named for channel in channels}
    return sorted(found.values(), key=lambda channel: (channel.name, channel.pk))


def _reachable(workspace: Workspace) -> list[Channel]:
    mine = Channel.objects.in_workspace(workspace).order_by("name", "pk")
    people = Contact.objects.filter(channel=OuterRef("pk"), opted_out_at=None, blocked_at=None)
    return list(mine.filter(Exists(people))) or list(mine)
