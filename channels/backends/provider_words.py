"""How UChat and ManyChat refuse: by English sentences without codes, told apart by their words.

Sources and doubts: docs/providers/uchat.md, docs/providers/manychat.md.
"""

from __future__ import annotations

import re
from datetime import timedelta

from channels.backends.answers import answer_of, json_object, meaning_of_unreadable, retry_after
from channels.backends.reading import Json, text_of
from channels.errors import (
    ChannelError,
    ChannelMisconfigured,
    ChannelTrouble,
    ContactGone,
    MessageRejected,
    TemporaryFailure,
    WindowClosed,
)
from channels.messages import Answer, DoorResult

_TOKEN = re.compile(r"unauthenticated|unauthori[sz]ed|(invalid|wrong|expired)\b.{0,20}\b(token|api key)")
_TOO_MANY = re.compile(r"too many (requests|attempts)|rate limit")
_WINDOW = re.compile(r"more than 24 ?h|24[- ]hours?\b.{0,30}window|outside\b.{0,30}\b24|without a message tag")
_TAGS = re.compile(r"message tags? (is|are) no longer supported")
# Only what is said of the person ends anything for them: an account may be blocked too, a content may be invalid.
_WHO = r"\b(subscriber|contact|user)"
_NOBODY = r"\b(not found|does(n't| not) exist|unknown|invalid|wrong)\b"
_BLOCKED = re.compile(rf"{_WHO}\b.{{0,40}}\bblocked\b|\bblocked by (the )?{_WHO}\b")
_STOPPED = re.compile(rf"{_WHO}\b.{{0,40}}\b(unsubscribed|opted[- ]out)\b")
_UNKNOWN = re.compile(
    rf"{_WHO}\b[^:.,;]{{0,20}}\b(not found|does(n't| not) exist|unknown)\b"
    rf"|{_WHO}[_ ]?(id|ns)\b.{{0,40}}{_NOBODY}|{_NOBODY}.{{0,40}}{_WHO}[_ ]?(id|ns)\b"
)
_RESTRICTED = re.compile(r"\b(account|workspace|page|bot)\b.{0,30}\b(blocked|suspended|restricted|disabled)\b")


def read_answer(result: DoorResult, provider: str, *, good: str, holds: str = "") -> Json:
    """The object of an answer whose `status` is the `good` word, or that has no status and something under `holds`.

    Raises the ChannelError that fits otherwise.
    """
    answer = answer_of(result)
    found = json_object(answer)
    if found is None:
        raise meaning_of_unreadable(answer)
    if 200 <= answer.status < 300 and (found.get("status") == good or ("status" not in found and holds in found)):
        return found
    words = _words_of(found)
    is_told = found.get("status") == "error" or (bool(words) and answer.status >= 400)
    if not is_told:  # another word in a 2xx may be a new name for yes
        raise meaning_of_unreadable(answer)
    raise _meaning(answer, found, words, provider)


def _words_of(found: Json) -> str:
    """All that it says, in small letters; ManyChat adds details, UChat the names of the fields that are wrong."""
    said = [text_of(found.get("message")), text_of(found.get("error"))]
    details, errors = found.get("details"), found.get("errors")
    listed = details.get("messages") if isinstance(details, dict) else None
    said += [text_of(one.get("message")) for one in listed or () if isinstance(one, dict)] if listed else []
    if isinstance(errors, dict):
        said += [str(name)[:100] for name in list(errors)[:20]]
    return " ".join(filter(None, said)).lower()[:2000]


def _meaning(answer: Answer, found: Json, words: str, provider: str) -> ChannelError:
    """The status decides where it says enough, then ManyChat's code, then the words."""
    code = found.get("code")
    is_code = isinstance(code, int) and not isinstance(code, bool) and 0 < code < 10**6
    detail = f"{provider} {answer.status}" + (f" code {code}" if is_code else "")
    return _by_status(answer.status, words, detail, retry_after(answer.headers)) or _by_words(code, words, detail)


def _by_status(status: int, words: str, detail: str, wait: timedelta | None) -> ChannelError | None:
    is_of_the_person = _BLOCKED.search(words) or _STOPPED.search(words)
    if status == 401 or _TOKEN.search(words):
        return ChannelMisconfigured(f"{detail}: the token was refused", lacks="token")
    if _RESTRICTED.search(words) and not is_of_the_person:
        return ChannelMisconfigured(f"{detail}: the account is restricted", because="account_restricted")
    if status == 403 and not is_of_the_person:
        return ChannelMisconfigured(f"{detail}: the token may not do this", lacks="permission")
    if status == 429 or _TOO_MANY.search(words):
        return ChannelTrouble(f"{detail}: too many calls", wait=wait)
    return TemporaryFailure(detail, retry_after=wait) if status >= 500 else None


def _by_words(code: object, words: str, detail: str) -> ChannelError:
    if code == 3011 or _WINDOW.search(words):
        return WindowClosed(f"{detail}: more than 24 hours after the last interaction")
    if _TAGS.search(words):
        return MessageRejected(f"{detail}: message tags are no longer taken")
    if _BLOCKED.search(words):
        return ContactGone(f"{detail}: the person blocked the account", because="blocked")
    if _STOPPED.search(words):
        return ContactGone(f"{detail}: the person unsubscribed", because="opted_out")
    if _UNKNOWN.search(words):
        return ContactGone(f"{detail}: unknown person", because="contact_gone")
    if "flow" in words:
        return MessageRejected(f"{detail}: unknown sub-flow")
    return MessageRejected(detail)
