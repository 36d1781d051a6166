"""How webhooks' bodies and answers are read: whatever a provider or a forger puts in, what comes out can be stored."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from channels.backends.questions import Identity, Profile
from channels.errors import ChannelTrouble, WebhookRejected
from channels.messages import EPOCH

LAST_MILLISECOND = 4_102_444_800_000  # the year 2100
_ADDRESS = re.compile(r"[\x21-\x7e]{1,200}")
_MESSAGE_ID = re.compile(r"[\x21-\x7e]{1,255}")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")

Json = dict[str, Any]


def object_in(body: bytes) -> Json:
    """The body as a JSON object; raises WebhookRejected(400) for anything else."""
    try:
        post = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise WebhookRejected("not JSON", status=400) from error
    if not isinstance(post, dict):
        raise WebhookRejected("not a JSON object", status=400)
    return post


def objects(value: object) -> Iterator[Json]:
    """The objects of a list; nothing of what is no list."""
    yield from (item for item in (value if isinstance(value, list) else ()) if isinstance(item, dict))


def object_at(value: Json, key: str) -> Json:
    """The object under a key; an empty one where there is none."""
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def text_of(value: object) -> str:
    """No database stores a NUL or half a character."""
    return _UNSTORABLE.sub("", value) if isinstance(value, str) else ""


def one_line(value: object, most: int) -> str:
    """A name or a word of the provider, without line breaks and at most so long."""
    return _CONTROLS.sub("", value).strip()[:most] if isinstance(value, str) else ""


def address_of(value: object) -> str:
    """The provider's name for a person, a number or a text; empty for what cannot be one."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return text if _ADDRESS.fullmatch(text) else ""


def message_id_of(value: object) -> str:
    """The provider's id of a message; empty for what cannot be one."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return text if _MESSAGE_ID.fullmatch(text) else ""


def moment_of_milliseconds(value: object) -> datetime | None:
    """A number of milliseconds since 1970; None for anything else or a moment that nobody means."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < LAST_MILLISECOND:
        return None
    return EPOCH + timedelta(milliseconds=value)


def moment_of_seconds(value: object) -> datetime | None:
    """The same in whole seconds, a number or its digits."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 11:
        value = int(value)
    return moment_of_milliseconds(value * 1000) if isinstance(value, int) and not isinstance(value, bool) else None


def milliseconds(at: datetime) -> int:
    """The moment as a provider would count it."""
    return (at - EPOCH) // timedelta(milliseconds=1)


def identity_of(provider_id: str, name: object) -> Identity:
    """Whose account it is, in one line each; raises ChannelTrouble for an answer that names none."""
    if not provider_id:
        raise ChannelTrouble("an answer without an id")
    return Identity(one_line(provider_id, 200), one_line(name, 200))


def profile_named(name: str) -> Profile:
    """A person of whom one name is told: its first word is what friends call them, the rest their family's."""
    first, _, last = " ".join(name.split()).partition(" ")
    return Profile(first_name=first[:100], last_name=last[:100])
