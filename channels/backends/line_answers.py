"""What LINE answers, and what each error means for us (docs/providers/line.md)."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from channels.backends.answers import (
    LONGEST_WAIT,
    answer_of,
    answered_at,
    json_object,
    meaning_of_unreadable,
    retry_after,
)
from channels.backends.reading import Json, objects, text_of
from channels.errors import (
    ChannelError,
    ChannelMisconfigured,
    ChannelTrouble,
    ContactGone,
    MessageRejected,
    TemporaryFailure,
)
from channels.messages import Answer, DoorResult

TOKYO = ZoneInfo("Asia/Tokyo")  # where LINE's months end
ALREADY_ACCEPTED, ACCEPTED_AS = 409, "x-line-accepted-request-id"
# LINE's own words, which are English for everybody: two answers of one status mean different things.
MONTHLY_LIMIT = "monthly limit"
NOT_A_FRIEND = "failed to send messages"


def read_line(result: DoorResult) -> Json:
    """The object of a call that worked, now or under this key before; raises the ChannelError that fits otherwise."""
    answer = answer_of(result)
    found = json_object(answer)
    if found is None:
        raise meaning_of_unreadable(answer)
    if 200 <= answer.status < 300 and "message" not in found:
        return found
    if answer.status == ALREADY_ACCEPTED and (found.keys() & {"sentMessages"} or ACCEPTED_AS in answer.headers):
        return {"sentMessages": found.get("sentMessages")}
    if not isinstance(found.get("message"), str):
        raise meaning_of_unreadable(answer)
    raise _meaning(found, answer)


def _meaning(found: Json, answer: Answer) -> ChannelError:
    detail, words = f"LINE {answer.status}", text_of(found.get("message")).lower()
    wait = retry_after(answer.headers)
    is_about_recipient = any(one.get("property") == "to" for one in objects(found.get("details"))) or "'to'" in words
    match answer.status:
        case 400 | 403 if is_about_recipient:
            return ContactGone(f"{detail}: no such person", because="contact_gone")
        case 400 if NOT_A_FRIEND in words:
            return ContactGone(f"{detail}: {NOT_A_FRIEND}", because="contact_gone")
        case 401:
            return ChannelMisconfigured(detail, lacks="token")
        case 403:
            return ChannelMisconfigured(detail, because="account_restricted")
        case 429 if MONTHLY_LIMIT in words:
            return ChannelTrouble(f"{detail}: {MONTHLY_LIMIT}", wait=wait or _until_next_month(answer))
        case 429:
            return ChannelTrouble(detail, wait=wait)
        case status if status >= 500:
            return TemporaryFailure(detail, retry_after=wait)
        case status if 200 <= status < 300:
            return meaning_of_unreadable(answer)
        case _:
            return MessageRejected(detail)


def _until_next_month(answer: Answer) -> timedelta | None:
    """Told by the answer's own Date; asked again after a day at the latest, for somebody may buy more meanwhile."""
    now = answered_at(answer.headers)
    if now is None:
        return None
    there = now.astimezone(TOKYO)
    first = (there.replace(day=1) + timedelta(days=32)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return min(first - there, LONGEST_WAIT)
