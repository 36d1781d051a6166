"""The vocabulary of what goes out and what comes in: frozen values that touch nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True)
class Image:
    url: str
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Video:
    url: str
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Audio:
    url: str
    caption: str = ""


@dataclass(frozen=True, slots=True)
class File:
    url: str
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Button:
    """Either opens `url` or sends `payload` back; never both."""

    label: str
    url: str = ""
    payload: str = ""


@dataclass(frozen=True, slots=True)
class Buttons:
    text: str
    buttons: tuple[Button, ...]


@dataclass(frozen=True, slots=True)
class QuickReply:
    label: str
    payload: str


@dataclass(frozen=True, slots=True)
class QuickReplies:
    text: str
    replies: tuple[QuickReply, ...]


class Place(StrEnum):
    """Where in a template a parameter stands."""

    HEADER = "header"
    BODY = "body"
    URL_BUTTON = "url_button"
    POSTBACK_BUTTON = "postback_button"


@dataclass(frozen=True, slots=True)
class Slot:
    """One parameter of a template; `name` is empty where the provider counts them."""

    place: Place = Place.BODY
    name: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """An approved template of the provider, its parameters already filled in.

    `slots` says where each parameter stands, in their order; empty: all in the body, counted.
    """

    name: str
    language: str
    parameters: tuple[str, ...] = ()
    slots: tuple[Slot, ...] = ()


Message = Text | Image | Video | Audio | File | Buttons | QuickReplies | Template

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


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message for one person, as a backend receives it.

    `key` is stable over every retry of the same part ("<delivery id>.<part>"): an idempotency key where the
    provider has one, else metadata that comes back in the provider's echo.
    """

    content: Message
    key: str
    route: Route = Route.MESSAGE
    content_type: ContentType = ContentType.DEFAULT
    notification_type: NotificationType = NotificationType.REGULAR


@dataclass(frozen=True, slots=True)
class Recipient:
    """`address` is the provider's own name for the person (a page-scoped id, a phone number, a chat id)."""

    address: str
    contact_id: int = 0


@dataclass(frozen=True, slots=True)
class Account:
    """What a backend may know of a channel: decrypted credentials and plain settings."""

    credentials: dict[str, str] = field(default_factory=dict, repr=False)
    settings: dict[str, Any] = field(default_factory=dict)
    channel_id: int = 0


@dataclass(frozen=True, slots=True)
class HttpCall:
    """One request to a provider; the HTTP door sends it once and never repeats it by itself.

    `url` may carry an access token (Meta documents it as a query parameter): never log it.
    """

    method: str
    url: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)


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


OutgoingCall = HttpCall | LocalMessage


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back over HTTP. Header names are lower case; `body` holds at most 1 MB."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
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


DoorResult = Answer | Unreached | Lost


@dataclass(frozen=True, slots=True)
class Receipt:
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
