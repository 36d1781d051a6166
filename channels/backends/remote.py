"""What UChat and ManyChat share: sub-flows live there and are sent by their reference, and so are plain texts."""

from __future__ import annotations

import json
import re
from abc import abstractmethod
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

from channels.backends.base import Backend, Capabilities, Setting, SettingKind
from channels.backends.limits import Limit, Limits
from channels.backends.provider_words import read_answer
from channels.backends.reading import Json, one_line
from channels.content import Message, RemoteSubFlow, Text
from channels.errors import ContactGone
from channels.messages import Account, DoorResult, HttpCall, Outgoing, Receipt, Recipient

_REFERENCE = re.compile(r"[\x21-\x7e]{1,200}")


def able_to_send(per_second: float) -> Capabilities:
    """Tags, templates and media are the sub-flow's own there: by every route the call is the same."""
    return Capabilities(
        reply_window=timedelta(hours=24),
        silent=False,
        templates=False,
        tags=True,
        after_24_hours_default="message_tag",
        has_time_zone=False,
        receipts=False,
        is_idempotent=False,
        sends_per_second=per_second,
        sub_flows=True,
        limits=Limits(
            text=Limit(1999),
            unsupported=frozenset({"image", "video", "audio", "file", "buttons", "quick_replies", "template"}),
        ),
    )


class RemoteBackend(Backend):
    """`says_yes` is the `status` of an answer that took it, which says nothing of having arrived."""

    says_yes: ClassVar[str]
    own_settings = (Setting("reply_window", SettingKind.YES_NO, default=True),)

    @abstractmethod
    def written(self, content: RemoteSubFlow | Text, address: str) -> tuple[str, dict[str, Any]]:
        """The path and the body that send it."""

    @abstractmethod
    def call(self, account: Account, path: str, payload: Mapping[str, Any] | None = None) -> HttpCall:
        """The call to this path; a question where there is no payload."""

    def build(self, message: Outgoing, to: Recipient, account: Account) -> HttpCall:
        self.refuse_unsupported(message.content)
        if not re.fullmatch(self.address_pattern, to.address):
            raise ContactGone(f"not the id of a person at {self.label}")
        return self.call(account, *self.written(_sendable(message.content), to.address))

    def read(self, result: DoorResult, message: Outgoing) -> Receipt:
        self.found(result)
        return Receipt()

    def found(self, result: DoorResult, *, holds: str = "") -> Json:
        """The object of a good answer (provider_words.py)."""
        return read_answer(result, self.label, good=self.says_yes, holds=holds)

    def reply_window(self, settings: Mapping[str, Any]) -> timedelta | None:
        return None if settings.get("reply_window") is False else self.capabilities.reply_window


def bearing(token: str, url: str, payload: Mapping[str, Any] | None) -> HttpCall:
    """A call with JSON both ways, by a token in its header."""
    headers = (("Authorization", f"Bearer {token}"), ("Accept", "application/json"))
    if payload is None:
        return HttpCall("GET", url, headers)
    return HttpCall("POST", url, (*headers, ("Content-Type", "application/json")), json.dumps(payload).encode())


def reference_of(value: object) -> str:
    """What sends a sub-flow; empty for what cannot be one."""
    text = one_line(value, 201)
    return text if _REFERENCE.fullmatch(text) else ""


def _sendable(content: Message) -> RemoteSubFlow | Text:
    if isinstance(content, RemoteSubFlow | Text):
        return content
    raise TypeError("refused before")
