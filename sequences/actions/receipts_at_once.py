"""How far messages came, by one statement: the usual post of receipts moves what was sent, and that is all."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence as Rows
from datetime import datetime

from django.db import connection

from channels.backends import backend_for
from channels.events import Echo, MessageReceipt, Receipt, ReceiptOrEcho, WatermarkReceipt
from channels.models import Channel
from sequencer.array_texts import array_of
from sequences.actions.echoes import named_in
from sequences.actions.receipts import FORGOTTEN_AFTER

TAKE_RECEIPTS = f"SELECT sequences_take_receipts({', '.join(['%s'] * 11)})"


def receive_at_once(channel: Channel, receipts: Rows[ReceiptOrEcho], *, now: datetime) -> bool:
    """Whether all that these receipts and echoes ask for is done; if not, nothing is, and `receive` is to do it.

    PostgreSQL only. Whatever may be early, in doubt, of somebody whom we do not know, or of one message twice is left.
    """
    told = [one for one in receipts if not isinstance(one, Echo)]
    backend = backend_for(channel.kind)
    # Who has two names may be named by the other; of strangers' messages, which a Page shows us too, nothing is asked.
    people = {one.address for one in (receipts if backend.has_two_names else told)}
    if not _are_plain(told):
        return False
    named = [found[0] for one in receipts if isinstance(one, Echo) and (found := named_in(one.message_key))]
    columns: list[Iterable[object]] = [
        [one.address for one in told],
        [one.provider_message_id if isinstance(one, MessageReceipt) else "" for one in told],
        [one.until if isinstance(one, WatermarkReceipt) else None for one in told],
        [one.kind.value for one in told],
        [min(one.at, now) for one in told],
    ]
    here = (channel.pk, channel.workspace_id, array_of(people), backend.capabilities.fails_late, array_of(named))
    with connection.cursor() as cursor:
        cursor.execute(TAKE_RECEIPTS, [*here, now - FORGOTTEN_AFTER, *map(array_of, columns)])
        (is_taken,) = cursor.fetchone()
    return bool(is_taken)


def _are_plain(told: Rows[Receipt]) -> bool:
    """Each message is named once and each person is told of once, so that no order among them counts."""
    names = [one.provider_message_id for one in told if isinstance(one, MessageReceipt)]
    until = [one.address for one in told if isinstance(one, WatermarkReceipt)]
    said = {(one.address, one.kind, one.at) for one in told}
    each_once = len(set(names)) == len(names) and len(set(until)) == len(until)
    return each_once and len(said) == len({address for address, _, _ in said})
