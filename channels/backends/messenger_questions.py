"""What we ask Messenger: who a person is, and whose Page this is (docs/providers/messenger.md)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from channels.backends.answers import json_object
from channels.backends.meta import graph_question, read_graph
from channels.backends.questions import Ask, Identity, Profile
from channels.backends.reading import identity_of, one_line
from channels.messages import SANE_OFFSET_MINUTES, Account, Answer, DoorResult

PROFILE_FIELDS = "first_name,last_name,locale,timezone"
NO_PERMISSION = 2018247
NO_PROFILE_FOR_PHONE_NUMBERS = 2018218


def profile_of(address: str, account: Account) -> Ask[Profile]:
    """Names, language and offset of a person who wrote to the Page."""
    call = graph_question(account, quote(address, safe=""), token=_token(account), fields=PROFILE_FIELDS)
    return Ask(call, _read_profile)


def page_of(account: Account) -> Ask[Identity]:
    """The Page whose token this is."""
    return Ask(graph_question(account, "me", token=_token(account), fields="id,name"), _read_identity)


def _token(account: Account) -> str:
    return account.credentials.get("page_access_token", "")


def _read_profile(result: DoorResult) -> Profile:
    """An empty object, and the error that names the permission, say that profiles are not shown to us."""
    found = json_object(result) if isinstance(result, Answer) else None
    if found == {} and isinstance(result, Answer) and 200 <= result.status < 300:
        return Profile(may_read=False)
    numbers = _numbers(found)
    if NO_PERMISSION in numbers:
        return Profile(may_read=False)
    if NO_PROFILE_FOR_PHONE_NUMBERS in numbers:
        return Profile()
    shown = read_graph(result, provider="Messenger")
    return Profile(
        first_name=one_line(shown.get("first_name"), 100),
        last_name=one_line(shown.get("last_name"), 100),
        language=one_line(shown.get("locale"), 20),
        utc_offset_minutes=_minutes(shown.get("timezone")),
    )


def _read_identity(result: DoorResult) -> Identity:
    shown = read_graph(result, provider="Messenger")
    number = shown.get("id")
    return identity_of(number if isinstance(number, str) else "", shown.get("name"))


def _numbers(found: dict[str, Any] | None) -> tuple[object, ...]:
    error = found.get("error") if found else None
    return (error.get("code"), error.get("error_subcode")) if isinstance(error, dict) else ()


def _minutes(hours: object) -> int | None:
    """Hours from GMT, fractions too; nothing for what no clock on Earth reads."""
    if isinstance(hours, bool) or not isinstance(hours, int | float) or not -24 < hours < 24:
        return None
    minutes = round(hours * 60)
    return minutes if minutes in SANE_OFFSET_MINUTES else None
