"""WhatsApp's error codes and what each means for us, in an answer or told later of a message that was taken.

Source: Meta, WhatsApp error codes, updated 2026-05-15 (docs/providers/whatsapp.md). A code that stands only in
meta_errors.py means the same here.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from channels.backends import meta_errors as meta
from channels.errors import ChannelError, MessageRejected

ECOSYSTEM_WAIT = timedelta(hours=24)  # Meta asks to wait at least so long

MEANINGS: dict[tuple[int, int | None], meta.Meaning] = {
    **meta.MEANINGS,
    (0, None): meta.no_token,
    (3, None): meta.no_permission,
    (33, None): meta.rejected,
    (80007, None): meta.trouble,  # the business account's limit
    (130429, None): meta.trouble,  # the number's throughput
    (130472, None): meta.rejected,  # the person takes part in an experiment of Meta's
    (130497, None): meta.rejected,  # not allowed in this country
    (131000, None): meta.temporary,
    (131005, None): meta.no_permission,
    (131008, None): meta.rejected,
    (131009, None): meta.rejected,
    (131016, None): meta.temporary,
    (131021, None): meta.gone("contact_gone"),  # to ourselves
    (131026, None): meta.unreachable,
    (131030, None): meta.gone("contact_gone"),  # not among the numbers that a test account may write to
    (131031, None): meta.restricted,
    (131042, None): meta.restricted,  # a payment is missing
    (131045, None): meta.no_token,  # the number is not registered
    (131047, None): meta.window,
    (131048, None): meta.restricted,  # too much of what was sent was called spam
    (131049, None): meta.busy_for(ECOSYSTEM_WAIT),
    (131050, None): meta.gone("opted_out"),
    (131051, None): meta.rejected,
    (131052, None): meta.temporary,  # Meta could not fetch the media
    (131053, None): meta.temporary,
    (131056, None): meta.busy,  # too much to this one person
    (131057, None): meta.temporary,  # maintenance
    (131062, None): meta.rejected,  # not to somebody known by user id alone
    (131064, None): meta.restricted,
    (132000, None): meta.rejected,  # templates: the number of parameters, none of this name, too long, ...
    (132001, None): meta.rejected,
    (132005, None): meta.rejected,
    (132007, None): meta.rejected,
    (132008, None): meta.rejected,
    (132012, None): meta.rejected,
    (132015, None): meta.rejected,  # paused
    (132016, None): meta.rejected,  # disabled
    (133016, None): meta.no_token,
}


def told_later(errors: object) -> ChannelError:
    """The consequence of the errors that a status of `failed` carries; the first that has a code counts."""
    listed: list[Any] = errors if isinstance(errors, list) else []
    for error in listed:
        if isinstance(error, dict):
            meaning = meta.meaning_of(error, status=400, wait=None, provider="WhatsApp", meanings=MEANINGS)
            if meaning is not None:
                return meaning
    return MessageRejected("WhatsApp failed it later, without a code")
