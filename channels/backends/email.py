"""E-mail, the sending half: by a mail server or by a service (docs/providers/email.md)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from channels.backends.base import Backend, Capabilities, Setting, SettingKind
from channels.backends.email_address import email_address
from channels.backends.email_answers import read_taken
from channels.backends.email_services import SERVICES, Service
from channels.backends.limits import Limit, Limits
from channels.backends.questions import Identity, Question, SignIn
from channels.content import Letter
from channels.errors import ChannelMisconfigured
from channels.mail import MailServer, Security, Sender, SmtpServer
from channels.messages import Account, DoorResult, MailLogin, MailMessage, Outgoing, Receipt, Recipient

OWN_SERVER = "smtp"
LAST_PORT = 65_535
PORTS = {Security.STARTTLS: 587, Security.TLS: 465, Security.NONE: 25}
# A pattern for the form; email_address has the last word.
_ADDRESS = r"[^\s@<>,;:\"()]{1,64}@[^\s@<>,;:\"()]{1,120}"


class EmailBackend(Backend):
    """A whole sub-flow goes as one mail, in HTML and in plain text, with the ways out of it below."""

    kind = "email"
    label = "E-mail"
    address_example = "ann@example.com"
    optional_credentials = ("user", "password", "api_key", "api_secret", "webhook_secret")
    own_settings = (
        Setting("sender", is_required=True, pattern=_ADDRESS, example="news@example.com"),
        Setting("sender_name", pattern=r".{1,100}"),
        Setting("reply_to", pattern=_ADDRESS, example="hello@example.com"),
        Setting("postal_address", pattern=r".{1,300}"),
        Setting("unsubscribe_to", pattern=_ADDRESS, example="unsubscribe@example.com"),
        Setting("service", SettingKind.CHOICE, is_required=True, choices=(OWN_SERVER, *SERVICES), is_place=True),
        Setting("host", SettingKind.HOST, pattern=r"[A-Za-z0-9.:-]{1,253}", example="smtp.example.com", is_place=True),
        Setting("port", pattern=r"[1-9]\d{0,4}", example="587", is_place=True),
        Setting("security", SettingKind.CHOICE, choices=tuple(Security), is_place=True),
        Setting("sending_domain", pattern=r"[A-Za-z0-9.-]{1,190}", example="mg.example.com"),
    )
    capabilities = Capabilities(
        reply_window=None,
        silent=False,
        templates=False,
        tags=False,
        after_24_hours_default="never",
        has_time_zone=False,
        receipts=True,
        fails_late=True,
        is_idempotent=False,
        sends_per_second=10.0,
        letters=True,
        told_of_people=True,
        # Four connections to a server, each with the next mail at hand: no more than that is in doubt after a death.
        at_once=8,
        limits=Limits(
            text=Limit(50_000),
            buttons_text=Limit(50_000),
            caption=Limit(5_000),
            answers=False,
            unsupported=frozenset({"quick_replies", "template"}),
        ),
    )

    def build(self, message: Outgoing, to: Recipient, account: Account) -> MailMessage:
        self.refuse_unsupported(message.content)
        content = message.content
        sender = _sender(account)
        return MailMessage(
            server=_server(account),
            sender=sender,
            to=to,
            letter=content if isinstance(content, Letter) else Letter("", (content,)),
            key=message.key,
            message_id=message_id(account, message.key, sender.address),
        )

    def read(self, result: DoorResult, message: Outgoing) -> Receipt:
        return Receipt(read_taken(result).message_id[:255])

    def me(self, account: Account) -> Question[Identity]:
        if service := _service(account.settings):
            return service.me(account)
        server = _server(account)
        return SignIn(MailLogin(server), lambda result: _signed_in(result, server))

    def address(self, text: str) -> str:
        return email_address(text)

    def missing_settings(self, settings: Mapping[str, Any]) -> tuple[str, ...]:
        service = _service(settings)
        name = "host" if service is None else "sending_domain" if service.domain else ""
        return (name,) if name and not settings.get(name) else ()

    def missing_credentials(self, settings: Mapping[str, Any], credentials: Mapping[str, Any]) -> tuple[str, ...]:
        service = _service(settings)
        if service is None:
            needed = ["password"] if credentials.get("user") else []
        else:
            needed = ["api_key", "api_secret"] if service.secret else ["api_key"]
        return tuple(name for name in needed if not credentials.get(name))

    def wrong_settings(self, settings: Mapping[str, Any]) -> Iterator[str]:
        for name in ("sender", "reply_to", "unsubscribe_to"):
            if settings.get(name) and not email_address(str(settings[name])):
                yield name
        port = str(settings.get("port") or "")
        if port.isdecimal() and int(port) > LAST_PORT:
            yield "port"

    def in_the_clear(self, settings: Mapping[str, Any]) -> str:
        is_plain = _service(settings) is None and settings.get("security") == Security.NONE
        return str(settings.get("host", "")) if is_plain else ""


def _service(settings: Mapping[str, Any]) -> Service | None:
    """None: a mail server."""
    return SERVICES.get(str(settings.get("service") or OWN_SERVER))


def _server(account: Account) -> MailServer:
    settings = account.settings
    if service := _service(settings):
        return service.server(str(settings["service"]), account)
    security = Security(settings.get("security") or Security.STARTTLS)
    return SmtpServer(
        host=str(settings.get("host", "")),
        port=int(settings.get("port") or PORTS[security]),
        security=security,
        user=account.credentials.get("user", ""),
        password=account.credentials.get("password", ""),
    )


def _sender(account: Account) -> Sender:
    settings = account.settings
    address = email_address(str(settings.get("sender", "")))
    if not address:
        raise ChannelMisconfigured("no sender to write from")
    return Sender(
        address=address,
        name=str(settings.get("sender_name", "")),
        reply_to=email_address(str(settings.get("reply_to", ""))),
        unsubscribe_to=email_address(str(settings.get("unsubscribe_to", ""))),
        postal_address=str(settings.get("postal_address", "")),
    )


def message_id(account: Account, key: str, sender: str) -> str:
    """Our own, the same for every try of a message, and no two messages of one installation have it."""
    digest = hashlib.blake2b(f"{account.webhook_url} {account.channel_id} {key}".encode(), digest_size=16).hexdigest()
    return f"<{digest}@{sender.rpartition('@')[2]}>"


def _signed_in(result: DoorResult, server: MailServer) -> Identity:
    read_taken(result)
    host, user = (server.host, server.user) if isinstance(server, SmtpServer) else (server.name, "")
    return Identity(user or host, host)
