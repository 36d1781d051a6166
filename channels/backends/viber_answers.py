"""What Viber answers: HTTP 200 always, and a status inside that decides (docs/providers/viber.md)."""

from __future__ import annotations

from datetime import timedelta

from channels.backends.answers import answer_of, json_object, meaning_of_unreadable, retry_after
from channels.backends.reading import Json
from channels.errors import (
    ChannelError,
    ChannelMisconfigured,
    ChannelTrouble,
    ContactBusy,
    ContactGone,
    ContactUnreachable,
    MessageRejected,
    TemporaryFailure,
)
from channels.messages import DoorResult

OK = 0
# A hundred messages in an hour to one person who does not answer.
TOO_MANY_TO_ONE = timedelta(hours=1)
_TOKEN, _RESTRICTED = frozenset({2, 15}), frozenset({7, 8, 9, 10})
_REFUSED = frozenset({1, 3, 4, 13, 14, 16, 17, 18, 19, 20})


def read_viber(result: DoorResult) -> Json:
    """The object of a call that worked; raises the ChannelError that fits otherwise."""
    answer = answer_of(result)
    found = json_object(answer)
    status = found.get("status") if found else None
    wait = retry_after(answer.headers)
    if found and not (isinstance(status, int) and not isinstance(status, bool)):
        if answer.status == 401:
            raise ChannelMisconfigured("Viber HTTP 401", lacks="token")
        raise meaning_of_unreadable(answer)
    if not found or not isinstance(status, int):
        raise meaning_of_unreadable(answer)
    if status != OK:
        raise meaning_of(status, wait)
    if answer.status == 429:
        raise ChannelTrouble("Viber HTTP 429", wait=wait)
    if not 200 <= answer.status < 300:
        raise meaning_of_unreadable(answer)
    return found


def meaning_of(status: int, wait: timedelta | None = None) -> ChannelError:
    """One status of Viber's; a number that nobody described is tried again."""
    detail = f"Viber {status}" if abs(status) < 1_000_000 else "Viber"
    match status:
        case 5:
            return ContactGone(detail, because="contact_gone")
        case 6:
            return ContactGone(detail, because="opted_out")
        case 11:
            return ContactUnreachable(detail)
        case 12:
            return ContactBusy(detail, wait=wait or TOO_MANY_TO_ONE)
        case _ if status in _TOKEN:
            return ChannelMisconfigured(detail, lacks="token")
        case _ if status in _RESTRICTED:
            return ChannelMisconfigured(detail, because="account_restricted")
        case _ if status in _REFUSED:
            return MessageRejected(detail)
        case _:
            return TemporaryFailure(detail, retry_after=wait)
