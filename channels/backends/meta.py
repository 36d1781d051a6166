"""What the channels of Meta's Graph API share: the address, the token's proof, and reading an answer."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from channels.backends.answers import LONGEST_WAIT, answer_of, json_object, meaning_of_unreadable, retry_after
from channels.backends.base import server_of
from channels.backends.meta_errors import MEANINGS, Meaning, meaning_of
from channels.errors import TemporaryFailure
from channels.messages import Account, DoorResult, HttpCall

BASE_URL = "https://graph.facebook.com"
API_VERSION = "v25.0"  # Meta, Send API reference, read 2026-09-11 (docs/providers/messenger.md)

NEARLY_USED_UP = 95  # percent; from 100 on Meta refuses
REST = timedelta(minutes=1)

_BUSINESS = "x-business-use-case-usage"
_COUNTED = ("call_count", "total_cputime", "total_time")
_HEADERS = (("Content-Type", "application/json"),)


def graph_call(
    account: Account, path: str, *, token: str, payload: dict[str, Any], is_bearer: bool = False, host: str = BASE_URL
) -> HttpCall:
    """A POST to the Graph API, proven by the app's secret where the channel has one and the host is Facebook's.

    The token goes where Meta's reference of the kind puts it: in a header, or in the query; such an address is never
    logged.
    """
    key = (host, path, token, is_bearer)
    address = account.worked_out.get(key)
    if address is None:
        address = _address(*_where(account, host), path, token, _secret(account, host), is_bearer)
        account.worked_out[key] = address
    headers = (*_HEADERS, ("Authorization", f"Bearer {token}")) if is_bearer else _HEADERS
    return HttpCall("POST", address, headers, orjson.dumps(payload))


def graph_question(
    account: Account, path: str, *, token: str, is_bearer: bool = False, host: str = BASE_URL, **query: str
) -> HttpCall:
    """A GET of one object of the Graph API or of a list, proven like any call."""
    address = _address(*_where(account, host), path, token, _secret(account, host), is_bearer)
    headers = (("Authorization", f"Bearer {token}"),) if is_bearer else ()
    return HttpCall("GET", f"{address}{'&' if '?' in address else '?'}{urlencode(query)}", headers)


def _where(account: Account, host: str) -> tuple[str, str]:
    """The server and the version: the channel's, else Meta's."""
    return server_of(account, host), str(account.settings.get("api_version") or API_VERSION)


def _secret(account: Account, host: str) -> str:
    """Only Facebook's own host documents the proof."""
    return account.credentials.get("app_secret") or "" if host == BASE_URL else ""


def _address(base_url: str, version: str, path: str, token: str, app_secret: str, is_bearer: bool) -> str:
    query = {} if is_bearer else {"access_token": token}
    if app_secret:
        query["appsecret_proof"] = hmac.new(app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
    address = f"{base_url}/{quote(version.strip('/'))}/{path}"
    return f"{address}?{urlencode(query)}" if query else address


def read_graph(
    result: DoorResult, *, provider: str, meanings: Mapping[tuple[int, int | None], Meaning] = MEANINGS
) -> dict[str, Any]:
    """The object that Meta answered; raises the ChannelError that fits for everything else, by the kind's `meanings`.

    An error object counts whatever the HTTP status says: it has been seen with 200.
    """
    answer = answer_of(result)
    found = json_object(answer)
    error = found.get("error") if found else None
    if isinstance(error, dict):
        wait = longest(retry_after(answer.headers), wait_in_usage(answer.headers))
        if meaning := meaning_of(error, status=answer.status, wait=wait, provider=provider, meanings=meanings):
            raise meaning
        if answer.status >= 500:
            raise TemporaryFailure(f"{provider} HTTP {answer.status}", retry_after=wait)
    if not 200 <= answer.status < 300 or not found or error is not None:
        raise meaning_of_unreadable(answer)
    return found


def wait_in_usage(headers: Mapping[str, str]) -> timedelta | None:
    """The longest estimated_time_to_regain_access (minutes) that Meta's usage headers name."""
    minutes = max(_minutes(headers.get(_BUSINESS, "")), default=0)
    return min(timedelta(minutes=minutes), LONGEST_WAIT) if minutes > 0 else None


def rest_in_usage(headers: Mapping[str, str]) -> timedelta | None:
    """How long to rest after an answer that was good, because the limit is all but reached; None while it is not."""
    if not headers.get("x-app-usage", "") and not headers.get(_BUSINESS, ""):
        return None
    named = wait_in_usage(headers)
    used = max((*_percents(headers.get("x-app-usage", "")), *_percents(headers.get(_BUSINESS, ""))), default=0.0)
    return named or (REST if used >= NEARLY_USED_UP else None)


def longest(*waits: timedelta | None) -> timedelta | None:
    return max((wait for wait in waits if wait is not None), default=None)


def _minutes(header: str) -> Iterator[int]:
    for entry in _usages(header):
        found = entry.get("estimated_time_to_regain_access")
        if isinstance(found, int):
            yield min(found, 10_000)


def _percents(header: str) -> Iterator[float]:
    for entry in _usages(header):
        yield from (float(entry[name]) for name in _COUNTED if isinstance(entry.get(name), int | float))


def _usages(header: str) -> Iterator[dict[str, Any]]:
    """The application's usage is one object, that of the business cases a list by account."""
    try:
        usage = json.loads(header) if header else {}
    except (ValueError, RecursionError):
        return
    if not isinstance(usage, dict):
        return
    yield usage
    for entries in usage.values():
        yield from (entry for entry in (entries if isinstance(entries, list) else ()) if isinstance(entry, dict))
