"""What a mail needs on its way, and what the other side says of it: frozen values that touch nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Security(StrEnum):
    """How a connection to a mail server is encrypted: after the greeting, from the first byte, not at all."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """A mail server and who signs in there; without a user nobody does."""

    host: str
    port: int
    security: Security = Security.STARTTLS
    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class MailService:
    """A service that takes mails by HTTP: Anymail's name for it, and the options of its backend there."""

    name: str
    options: tuple[tuple[str, str], ...] = field(default=(), repr=False)


MailServer = SmtpServer | MailService


@dataclass(frozen=True, slots=True)
class Sender:
    """Whom a mail comes from, and what stands below each: `unsubscribe_to` takes mails of people who want no more."""

    address: str
    name: str = ""
    reply_to: str = ""
    unsubscribe_to: str = ""
    postal_address: str = ""


class MailStage(StrEnum):
    """How far a mail came before it was taken or refused."""

    GREETING = "greeting"
    LOGIN = "login"
    SENDER = "sender"
    RECIPIENT = "recipient"
    CONTENT = "content"
    TAKEN = "taken"


@dataclass(frozen=True, slots=True)
class MailReply:
    """The last word of a server, and where in the conversation it fell.

    `code` is SMTP's (RFC 5321), `enhanced` RFC 3463's where one was given ("5.1.1"), `word` a service's own.
    """

    stage: MailStage
    code: int = 250
    enhanced: str = ""
    word: str = ""
    message_id: str = ""
