"""What we ask Instagram: who a person is, and whose account the token opens (docs/providers/instagram.md)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from channels.backends.answers import json_object
from channels.backends.instagram_errors import MEANINGS
from channels.backends.meta import BASE_URL, graph_question, read_graph
from channels.backends.questions import Ask, Identity, Profile
from channels.backends.reading import identity_of, one_line, profile_named
from channels.messages import Account, Answer, DoorResult, HttpCall

NEVER_WROTE = 230  # "User consent is required to access user profile"


def profile_of(address: str, account: Account, own_host: str) -> Ask[Profile]:
    """The name of a person who wrote to the account; Instagram tells neither language nor time zone."""
    return Ask(_question(account, quote(address, safe=""), own_host, fields="name,username"), _read_profile)


def account_behind(account: Account, own_host: str) -> Ask[Identity]:
    """The professional account: of the token itself, or linked to the Page whose token it is."""
    is_own = account.settings.get("login") == "instagram"
    fields = "user_id,username" if is_own else "instagram_business_account{id,username}"
    return Ask(_question(account, "me", own_host, fields=fields), _read_identity)


def _question(account: Account, path: str, own_host: str, *, fields: str) -> HttpCall:
    token = account.credentials.get("access_token", "")
    if account.settings.get("login") == "instagram":
        return graph_question(account, path, token=token, is_bearer=True, host=own_host, fields=fields)
    return graph_question(account, path, token=token, host=BASE_URL, fields=fields)


def _read_profile(result: DoorResult) -> Profile:
    found = json_object(result) if isinstance(result, Answer) else None
    error = found.get("error") if found else None
    if isinstance(error, dict) and error.get("code") == NEVER_WROTE:
        return Profile()
    shown = read_graph(result, provider="Instagram", meanings=MEANINGS) if found != {} else {}
    return profile_named(one_line(shown.get("name"), 200) or one_line(shown.get("username"), 200))


def _read_identity(result: DoorResult) -> Identity:
    shown: dict[str, Any] = read_graph(result, provider="Instagram", meanings=MEANINGS)
    linked = shown.get("instagram_business_account")
    found = linked if isinstance(linked, dict) else shown
    number = found.get("user_id") or found.get("id")
    is_one = isinstance(number, str | int) and not isinstance(number, bool)
    return identity_of(str(number) if is_one else "", found.get("username"))
