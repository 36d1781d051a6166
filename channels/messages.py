"""The vocabulary of what goes out and what comes in, but for what a message says (content.py): frozen values."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple

from channels.content import Letter, Message
from channels.mail import MailReply, MailServer, Sender

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Clocks on Earth read from UTC-12:00 to UTC+14:00; an offset further out is a mistake of whoever gave it.
SANE_OFFSET_MINUTES = range(-15 * 60 + 1, 15 * 60)


class ContentType(StrEnum):
    """What a message is for: the article's four content types."""

    DEFAULT = "default"
    CONFIRMED_EVENT_UPDATE = "confirmed_event_update"
    POST_PURCHASE_UPDATE = "post_purchase_update"
    ACCOUNT_UPDATE = "account_update"


class NotificationType(StrEnum):
    """How loudly the person's phone announces a message."""

    REGULAR = "regular"
    SILENT_PUSH = "silent_push"
    NO_PUSH = "no_push"


class Route(StrEnum):
    """By which of the channel's rules a message travels."""

    MESSAGE = "message"
    UTILITY_TEMPLATE = "utility_template"
    MESSAGE_TAG = "message_tag"


class Outgoing(NamedTuple):
    """One message for one person, as a backend receives it; a tuple, which is made for every message at a fifth.

    `key` is stable over every retry of the same part ("<delivery id>.<part>"): an idempotency key where the
    provider has one, else metadata that comes back in the provider's echo. `leaves_at` is the moment of this try.
    """

    content: Message
    key: str
    route: Route = Route.MESSAGE
    content_type: ContentType = ContentType.DEFAULT
    notification_type: NotificationType = NotificationType.REGULAR
    leaves_at: datetime = EPOCH


class Recipient(NamedTuple):
    """`address` is the provider's own name for the person (a page-scoped id, a phone number, a chat id).

    `known`: names, language and custom fields, for kinds whose capabilities say that they are told of people.
    Only of kinds that send letters are the two ways out told: `opt_out_url` ends all of the channel's messages,
    `leave_url` the one sequence.
    """

    address: str
    contact_id: int = 0
    known: Mapping[str, Any] = MappingProxyType({})
    opt_out_url: str = ""
    leave_url: str = ""

    def __repr__(self) -> str:
        """Without the ways out, which open to whoever has them."""
        return f"Recipient({self.address!r}, {self.contact_id})"


@dataclass(frozen=True, slots=True)
class Account:
    """What a backend may know of a channel: decrypted credentials, plain settings, and where its provider calls us.

    `asked_at` is the moment of a question, as `Outgoing.leaves_at` is that of a message. In `worked_out` a backend
    keeps what is the same for every message, such as a proven address.
    """

    credentials: dict[str, str] = field(default_factory=dict, repr=False)
    settings: dict[str, Any] = field(default_factory=dict)
    channel_id: int = 0
    webhook_url: str = ""
    asked_at: datetime = EPOCH
    worked_out: dict[Hashable, str] = field(default_factory=dict, repr=False, compare=False)


class HttpCall(NamedTuple):
    """One request to a provider; the HTTP door sends it once and never repeats it by itself.

    `url` may carry an access token (Meta documents it as a query parameter): never log it.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def __repr__(self) -> str:
        """Without what may hold a token."""
        return f"HttpCall({self.method!r})"


@dataclass(frozen=True, slots=True)
class LocalMessage:
    """A message that stays inside the product: the sandbox shows it in its chat window."""

    contact_id: int
    channel_id: int
    key: str
    content: Message
    notification_type: NotificationType = NotificationType.REGULAR
    route: Route = Route.MESSAGE
    content_type: ContentType = ContentType.DEFAULT


@dataclass(frozen=True, slots=True)
class MailMessage:
    """One mail to one person; the mail door writes it out and hands it to the server once.

    `message_id` is the same whenever the same message is built; `key` goes along to services that report back.
    """

    server: MailServer
    sender: Sender
    to: Recipient
    letter: Letter
    key: str
    message_id: str


@dataclass(frozen=True, slots=True)
class MailLogin:
    """Only to sign in at a mail server, and to leave."""

    server: MailServer


OutgoingCall = HttpCall | LocalMessage | MailMessage


class Answer(NamedTuple):
    """What came back over HTTP. Header names are lower case; `body` holds at most 1 MB."""

    status: int
    headers: Mapping[str, str] = MappingProxyType({})
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Unreached:
    """The request surely did not leave: refused, no route, no name, no TLS, timeout while connecting.

    `is_refused` tells a connection refused (the provider is down) from a timeout while connecting;
    `is_forbidden` an address that our own rules do not let us reach.
    """

    why: str
    is_refused: bool = False
    is_forbidden: bool = False


@dataclass(frozen=True, slots=True)
class Lost:
    """The request left, wholly or in part, and no whole answer came back."""

    why: str


DoorResult = Answer | Unreached | Lost | MailReply


class Receipt(NamedTuple):
    """The provider accepted one message. `provider_message_id` may be empty where the provider gives none.

    `wait`: the provider took it and asks the whole channel to rest for so long.
    """

    provider_message_id: str = ""
    wait: timedelta | None = None


class InboundKind(StrEnum):
    """What a person did. MESSAGE and BUTTON count as a reply; OTHER only opens the reply window."""

    MESSAGE = "message"
    BUTTON = "button"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class InboundEvent:
    """Something a person did on a channel at `at` (aware, UTC); heard twice under one `key`, it counts once."""

    address: str
    at: datetime
    kind: InboundKind
    text: str = ""
    payload: str = ""
    key: str = ""
