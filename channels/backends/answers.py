"""What every kind reads the same way: no answer, an unreadable one, and when to come back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

from channels.errors import ChannelError, ChannelMisconfigured, ChannelTrouble, OutcomeUnknown, TemporaryFailure
from channels.mail import MailReply
from channels.messages import Answer, DoorResult, Lost, Unreached

LONGEST_WAIT = timedelta(days=1)  # a provider that names a longer pause is asked again after this one

_MAY_HAVE_ARRIVED = frozenset({502, 504})  # a gateway that lost sight of the provider behind it


def answer_of(result: DoorResult) -> Answer:
    """The answer, if there is one; raises what no answer means."""
    match result:
        case Answer():
            return result
        case Lost(why=why):
            raise OutcomeUnknown(f"no whole answer: {why}")
        case Unreached(why=why, is_forbidden=True):
            raise ChannelMisconfigured(f"an address that may not be reached: {why}", lacks="address")
        case Unreached(why=why, is_refused=True):
            raise ChannelTrouble(f"connection refused: {why}")
        case Unreached(why=why):
            raise TemporaryFailure(f"not reached: {why}")
        case MailReply():
            raise OutcomeUnknown("an answer of a mail server")


def json_object(answer: Answer) -> dict[str, Any] | None:
    """The body as a JSON object; None for anything else, an empty or cut one included."""
    try:
        body = orjson.loads(answer.body)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def meaning_of_unreadable(answer: Answer) -> ChannelError:
    """What an answer means in which the provider's own words cannot be read."""
    detail = f"HTTP {answer.status} that cannot be read"
    if 200 <= answer.status < 300 or answer.status in _MAY_HAVE_ARRIVED:
        return OutcomeUnknown(detail)
    return ChannelTrouble(detail, wait=retry_after(answer.headers))


def retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """The provider's word in Retry-After, seconds or HTTP date; None if absent, unreadable or past.

    A date is measured from the answer's own Date header, so no clock is read and a wrong clock does no harm.
    """
    word = headers.get("retry-after", "").strip()
    if word.isascii() and word.isdigit():
        return min(timedelta(seconds=int(word[:9])), LONGEST_WAIT)
    at, now = _http_date(word), _http_date(headers.get("date", ""))
    if at is None or now is None or at <= now:
        return None
    return min(at - now, LONGEST_WAIT)


def answered_at(headers: Mapping[str, str]) -> datetime | None:
    """The moment of an answer by the provider's own clock; None where it tells none."""
    return _http_date(headers.get("date", ""))


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
