"""What Twilio answers and reports, and what each of its codes means for us (docs/providers/sms.md)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from channels.backends.answers import answer_of, json_object, meaning_of_unreadable, retry_after
from channels.errors import (
    ChannelError,
    ChannelMisconfigured,
    ChannelTrouble,
    ContactGone,
    ContactUnreachable,
    MessageRejected,
    TemporaryFailure,
    WindowClosed,
)
from channels.messages import DoorResult

DAILY_CAP_ASKED_AGAIN_AFTER = timedelta(hours=1)  # it ends at the carrier's midnight, which no answer tells
TOO_MANY_REQUESTS, UNKNOWN_ERROR = 20429, 30008

_Meaning = Callable[[str, timedelta | None], ChannelError]


def _busy(detail: str, wait: timedelta | None) -> ChannelError:
    return ChannelTrouble(detail, wait=wait)


def _temporary(detail: str, wait: timedelta | None) -> ChannelError:
    return TemporaryFailure(detail, retry_after=wait)


def _final(kind: type[ChannelError], detail: str, wait: timedelta | None, **more: str) -> ChannelError:
    return kind(detail, **more)


_RESTRICTED = partial(_final, ChannelMisconfigured, because="account_restricted")
_UNKNOWN = partial(_final, ContactGone, because="contact_gone")
_UNREACHABLE, _REFUSED = partial(_final, ContactUnreachable), partial(_final, MessageRejected)

MEANINGS: dict[int, _Meaning] = {
    TOO_MANY_REQUESTS: _busy,
    14107: _busy,
    30001: _busy,
    21611: _busy,
    30022: _busy,
    63018: _busy,
    30023: lambda detail, wait: ChannelTrouble(detail, wait=wait or DAILY_CAP_ASKED_AGAIN_AFTER),
    20003: partial(_final, ChannelMisconfigured, lacks="token"),
    30002: _RESTRICTED,
    21408: _RESTRICTED,
    21610: partial(_final, ContactGone, because="opted_out"),
    21211: _UNKNOWN,
    21614: _UNKNOWN,
    30005: _UNKNOWN,
    63024: _UNKNOWN,
    21612: _UNREACHABLE,
    30003: _UNREACHABLE,
    30006: _UNREACHABLE,
    30004: _REFUSED,
    30007: _REFUSED,
    63016: partial(_final, WindowClosed),
    21606: _REFUSED,
    21212: _REFUSED,
    21602: _REFUSED,
    21617: _REFUSED,
    20404: _REFUSED,
    20500: _temporary,
    20503: _temporary,
    UNKNOWN_ERROR: _temporary,
}


def read_twilio(result: DoorResult) -> dict[str, Any]:
    """The object of a call that worked; raises the ChannelError that fits otherwise.

    Older services answer `code`, newer ones a problem of RFC 9457, which has a `code` too.
    """
    answer = answer_of(result)
    found = json_object(answer)
    if not found:
        raise meaning_of_unreadable(answer)
    wait = retry_after(answer.headers)
    if "code" in found and _number(found["code"]) is not None:
        raise error_of(found["code"], answer.status, wait)
    if 200 <= answer.status < 300:
        return found
    if not found.keys() & {"status", "title", "message", "detail"}:
        raise meaning_of_unreadable(answer)
    raise _by_status(answer.status, wait)


def error_of(code: object, status: int = 400, wait: timedelta | None = None) -> ChannelError:
    """What a code means in the answer to a send."""
    number = _number(code)
    if number in MEANINGS:
        return MEANINGS[number](f"Twilio {number}", wait)
    return _by_status(status, wait, f"Twilio {number}" if number else "Twilio")


def late_error_of(code: object) -> ChannelError:
    """What a code means in a report of a message that was taken before; nothing is tried again."""
    error = error_of(code)
    return MessageRejected(error.detail) if isinstance(error, TemporaryFailure) else error


def _by_status(status: int, wait: timedelta | None, detail: str = "") -> ChannelError:
    detail = detail or f"Twilio HTTP {status}"
    match status:
        case 401:
            return ChannelMisconfigured(detail, lacks="token")
        case 429:
            return ChannelTrouble(detail, wait=wait)
        case _ if status >= 500:
            return TemporaryFailure(detail, retry_after=wait)
        case _:
            return MessageRejected(detail)


def _number(code: object) -> int | None:
    """A code as a number or its digits; nothing else is one."""
    if isinstance(code, str) and code.isascii() and code.isdigit() and len(code) <= 6:
        code = int(code)
    return code if isinstance(code, int) and not isinstance(code, bool) and 0 < code < 1_000_000 else None
