"""What Telegram answers, and what each error means for us (docs/providers/telegram.md)."""

from __future__ import annotations

from datetime import timedelta

from channels.backends.answers import LONGEST_WAIT, answer_of, json_object, meaning_of_unreadable, retry_after
from channels.backends.reading import Json, address_of, object_at, text_of
from channels.errors import (
    ChannelError,
    ChannelMisconfigured,
    ChannelTrouble,
    ContactGone,
    ContactMoved,
    MessageRejected,
    TemporaryFailure,
)
from channels.messages import DoorResult

# The server's own words, which are English for everybody: the number alone does not tell these apart.
NEVER_TO_BE_FOUND = {
    403: ("user is deactivated", "can't initiate conversation"),
    400: ("chat not found", "chat_id is empty"),
}


def read_telegram(result: DoorResult) -> Json:
    """The whole answer of a call that worked; raises the ChannelError that fits otherwise."""
    answer = answer_of(result)
    found = json_object(answer)
    if found is None or not isinstance(found.get("ok"), bool):
        raise meaning_of_unreadable(answer)
    if found["ok"] is False:
        raise _meaning(found, answer.status, retry_after(answer.headers))
    if not 200 <= answer.status < 300:
        raise meaning_of_unreadable(answer)
    return found


def _meaning(found: Json, status: int, in_header: timedelta | None) -> ChannelError:
    """The code in the body decides; the status stands in for one that is missing."""
    told, parameters = found.get("error_code"), object_at(found, "parameters")
    code = told if isinstance(told, int) and 100 <= told < 600 else status
    detail, words = f"Telegram {code}", text_of(found.get("description")).lower()
    known = next((word for word in NEVER_TO_BE_FOUND.get(code, ()) if word in words), "")
    match code:
        case _ if new_address := address_of(parameters.get("migrate_to_chat_id")):
            return ContactMoved(f"{detail}: the group has another address now", new_address)
        case 429:
            return ChannelTrouble(detail, wait=_wait(parameters.get("retry_after")) or in_header)
        case 401 | 404:
            return ChannelMisconfigured(detail, lacks="token")
        case 400 | 403 if known:
            return ContactGone(f"{detail}: {known}", because="contact_gone")
        case 403:
            return ContactGone(detail, because="blocked")
        case _ if code >= 500:
            return TemporaryFailure(detail, retry_after=in_header)
        case _:
            return MessageRejected(detail)


def _wait(seconds: object) -> timedelta | None:
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not seconds > 0:
        return None
    return min(timedelta(seconds=min(seconds, 1_000_000)), LONGEST_WAIT)
