"""The contacts that a provider speaks of, each by any of its names, read once for a whole post."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from channels.erasure import keep_opted_out
from channels.models import Channel, Contact
from sequencer.stored_rows import placeholders, rows_where

HERE = "channel_id = %s AND workspace_id = %s"


@dataclass(frozen=True, slots=True)
class Named:
    """The known contacts of some names; where they are locked, all at once and in the one order.

    Who locks the same rows in another order would wait for us, and we for them.
    """

    by_address: dict[str, Contact]
    by_other: dict[str, Contact]

    @classmethod
    def of(cls, channel: Channel, names: Iterable[str], *, with_others: bool = True, is_locked: bool = True) -> Named:
        """`with_others`: also by the second names that contacts of some kinds have."""
        wanted = sorted(set(names) - {""})
        if not wanted:
            return cls({}, {})
        listed = placeholders(wanted)
        condition, parameters = f"address IN ({listed})", [channel.pk, channel.workspace_id, *wanted]
        if with_others:
            condition = f"({condition} OR (other_address IN ({listed}) AND other_address <> ''))"
            parameters += wanted
        rows = rows_where(
            Contact, f"{HERE} AND {condition}", parameters, is_locked=is_locked, related={"channel": channel}
        )
        others = {row.other_address: row for row in rows if row.other_address} if with_others else {}
        return cls({row.address: row for row in rows}, others)

    def welcome(self, channel: Channel, addresses: Iterable[str], *, now: datetime) -> None:
        """Create who is not known at these addresses yet: people who do something themselves."""
        missing = sorted(set(addresses) - self.by_address.keys())
        if not missing:
            return
        here = {"channel": channel, "workspace_id": channel.workspace_id}
        fresh = [Contact(**here, address=address, created_at=now) for address in missing]
        Contact.objects.bulk_create(fresh, ignore_conflicts=True)
        keep_opted_out(channel, fresh, now=now, wrote_themselves=True)
        self.by_address.update(Named.of(channel, missing, with_others=False).by_address)
