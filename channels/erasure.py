"""Stand-ins for erased addresses: whether an address was erased can be asked, which one it was cannot be read."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from datetime import datetime

from channels.models import Channel, Contact
from sequencer.workspaces.models import Workspace

PREFIX = "erased:"


def stand_in(key: str, address: str) -> str:
    """The same for the same address in one workspace, and for no other."""
    return PREFIX + hmac.new(key.encode(), address.encode(), hashlib.sha256).hexdigest()


def keep_opted_out(
    channel: Channel, fresh: Sequence[Contact], *, now: datetime, wrote_themselves: bool = False
) -> None:
    """Of contacts that were just created: whoever was erased before starts as opted out, without their history.

    Whoever writes to us themselves begins anew, unless they had opted out before they were erased.
    """
    if not fresh or not (key := _key_of(channel.workspace_id)):
        return
    known = _erased(channel, (stand_in(key, contact.address) for contact in fresh))
    for contact in fresh:
        row = known.get(stand_in(key, contact.address))
        if row is not None and not (wrote_themselves and row.opted_out_at == row.erased_at):
            here = Contact.objects.filter(channel=channel, address=contact.address, opted_out_at=None)
            here.update(opted_out_at=now)
            contact.opted_out_at = now


def _key_of(workspace_id: int) -> str:
    """ "" where nobody was ever erased."""
    return str(Workspace.objects.filter(pk=workspace_id).values_list("erasure_key", flat=True).first() or "")


def _erased(channel: Channel, stand_ins: Iterable[str]) -> dict[str, Contact]:
    rows = Contact.objects.filter(channel=channel, address__in=list(stand_ins)).exclude(erased_at=None)
    return {row.address: row for row in rows}
