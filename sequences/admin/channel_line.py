"""Which settings of channels the cards show: only those that a channel in use can do."""

from __future__ import annotations

from typing import Any

from channels.admin.kinds import kind_label
from channels.admin.sub_flows import lists_sub_flows
from channels.backends import KINDS
from channels.models import Channel
from sequencer.workspaces.access import visible
from sequencer.workspaces.models import Workspace


def channel_context(workspace: Workspace, form: Any) -> dict[str, Any]:
    """For the templates; where the sequence names channels, only those count, else all of the workspace's.

    `elsewhere` names the kinds at whose provider sub-flows live, empty where there are none. `channel_facts` is one
    line for each channel, from which the script does the same when somebody ticks another one.
    """
    listed = [one for one in visible(Channel.objects.all(), workspace).order_by("name", "pk") if one.kind in KINDS]
    named = _named(form)
    used = [one for one in listed if str(one.pk) in named] or listed
    with_window = [one for one in used if KINDS[one.kind].reply_window(one.settings) is not None]
    return {
        "has_reply_window": bool(with_window),
        "has_silent": any(KINDS[one.kind].capabilities.silent for one in used),
        "channel_labels": ", ".join(dict.fromkeys(kind_label(one.kind) for one in used)),
        "elsewhere": ", ".join(dict.fromkeys(kind_label(one.kind) for one in listed if lists_sub_flows(one))),
        "channel_facts": [
            {
                "channel": one,
                "label": kind_label(one.kind),
                "has_reply_window": KINDS[one.kind].reply_window(one.settings) is not None,
                "has_silent": KINDS[one.kind].capabilities.silent,
                "is_chosen": str(one.pk) in named,
            }
            for one in listed
        ],
    }


def _named(form: Any) -> set[str]:
    """The ids of the channels that are ticked on the page."""
    if "channels" in form.fields:
        return {str(getattr(value, "pk", value)) for value in form["channels"].value() or []}
    return (
        {str(number) for number in form.instance.channels.values_list("pk", flat=True)} if form.instance.pk else set()
    )
