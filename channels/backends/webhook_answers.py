"""What a receiver of Standard Webhooks says: the status is its whole answer, and a word about the person if it has one.

Source: github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md, read 2026-11-29.
"""

from __future__ import annotations

from collections.abc import Callable

from channels.backends.answers import answer_of, json_object, meaning_of_unreadable, retry_after
from channels.errors import (
    ChannelError,
    ChannelMisconfigured,
    ChannelTrouble,
    ContactGone,
    ContactUnreachable,
    MessageRejected,
    TemporaryFailure,
)
from channels.messages import DoorResult

# {"error": "<word>"} with a status of 400 to 499; ours, for the specification names no such words.
_WORDS: dict[object, Callable[[str], ChannelError]] = {
    "contact_gone": ContactGone,
    "blocked": lambda detail: ContactGone(detail, because="blocked"),
    "opted_out": lambda detail: ContactGone(detail, because="opted_out"),
    "contact_unreachable": ContactUnreachable,
    "message_rejected": MessageRejected,
}
# A gateway that lost sight of the receiver behind it: "not so fast", and it may have arrived.
_LOST_SIGHT = (502, 504)


def read_webhook(result: DoorResult) -> None:
    """Nothing when the receiver took it; raises the ChannelError that fits otherwise."""
    answer = answer_of(result)
    status, detail, wait = answer.status, f"HTTP {answer.status}", retry_after(answer.headers)
    said = json_object(answer)
    word = said.get("error") if said else None
    match status:
        case _ if 200 <= status < 300:
            return
        case 401:
            raise ChannelMisconfigured(detail, lacks="token")
        case 410:
            raise ChannelMisconfigured(f"{detail}: gone for good", because="account_restricted")
        case 429 | 502 | 503 | 504:
            raise ChannelTrouble(detail, wait=wait, may_have_arrived=status in _LOST_SIGHT)
        case _ if 400 <= status < 500 and isinstance(word, str) and word in _WORDS:
            raise _WORDS[word](f"{detail}: {word}")
        case _ if said is not None and status in (400, 413, 422):
            raise MessageRejected(detail)
        case _ if said is not None and status >= 500:
            raise TemporaryFailure(detail, retry_after=wait)
    raise meaning_of_unreadable(answer)
