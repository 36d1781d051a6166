"""What a mail service reports to us, verified and read by Anymail, then put in our words (docs/providers/email.md).

The events are those of Anymail's tracking signal, taken where they are made: so their effects and our record of them
are one transaction. A mail server reports nothing here; its bounces come back to the sender's mailbox.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib import import_module
from io import BytesIO
from typing import Any

from anymail.exceptions import AnymailConfigurationError, AnymailError, AnymailWebhookValidationFailure
from anymail.signals import AnymailTrackingEvent
from django.core.handlers.wsgi import WSGIRequest

from channels.backends.email_address import email_address
from channels.backends.email_services import SERVICES
from channels.backends.reading import address_of, message_id_of, text_of
from channels.errors import ChannelError, ContactGone, ContactUnreachable, MessageRejected, WebhookRejected
from channels.events import Consent, Echo, Event, MessageReceipt, ReceiptKind, Undelivered
from channels.messages import Account, InboundEvent, InboundKind
from channels.webhooks.base import Call, Webhook

VIEWS = {
    "brevo": "BrevoTrackingWebhookView",
    "mailgun": "MailgunTrackingWebhookView",
    "mailjet": "MailjetTrackingWebhookView",
    "postmark": "PostmarkTrackingWebhookView",
    "sparkpost": "SparkPostTrackingWebhookView",
}
# What Anymail raises for a body that it does not expect; its own errors are the least of it.
UNREADABLE = (
    AnymailError,
    AnymailConfigurationError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    OverflowError,
    OSError,
    RecursionError,
)
# Why a mail did not arrive, where that is more than bad luck of this one mail.
_NO_SUCH_MAILBOX = frozenset({"invalid", "bounced"})
_NOT_ARRIVED = frozenset({"bounced", "rejected", "failed"})
_NO_MORE = frozenset({"complained", "unsubscribed"})


class EmailWebhook(Webhook):
    """By the service's own signature, else by a user and password that the owner chose and gave the service."""

    def verify(self, call: Call, account: Account) -> None:
        view, request = _view(account), _request(call)
        try:
            view.run_validators(request)
        except (AnymailWebhookValidationFailure, ValueError, KeyError, TypeError, AttributeError) as error:
            raise WebhookRejected("the signature or password is missing or wrong", status=403) from error

    def parse(self, call: Call, account: Account) -> Sequence[Event]:
        try:
            reported = _view(account).parse_events(_request(call))
        except UNREADABLE as error:
            raise WebhookRejected("nothing that could be read", status=400) from error
        return [event for one in reported for event in _events(one, call.received_at)]


def _view(account: Account) -> Any:
    """Anymail's view of the account's service, which only verifies and reads for us."""
    name = str(account.settings.get("service", ""))
    secret = account.credentials.get("webhook_secret", "")
    if name not in VIEWS or not secret:
        raise WebhookRejected("this channel expects no reports", status=403)
    option = SERVICES[name].signing_key
    module = import_module(f"anymail.webhooks.{name}")
    return getattr(module, VIEWS[name])(**({option: secret} if option else {"webhook_secret": secret}))


def _request(call: Call) -> WSGIRequest:
    """The call as Django would show it to a view."""
    headers = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in call.headers.items()}
    return WSGIRequest(
        {
            **headers,
            "REQUEST_METHOD": "POST",
            "CONTENT_TYPE": call.headers.get("Content-Type", "") or "application/json",
            "CONTENT_LENGTH": str(len(call.body)),
            "wsgi.input": BytesIO(call.body),
        }
    )


def _events(told: AnymailTrackingEvent, received_at: datetime) -> Iterator[Event]:
    """An opened mail says nothing: image proxies open what nobody reads. A link that was followed does."""
    address = address_of(email_address(str(told.recipient or "")))
    if not address:
        return
    at, number = _moment(told.timestamp) or received_at, message_id_of(told.message_id)
    key = text_of(f"{told.event_type} {told.event_id or ''} {number} {at.isoformat()} {told.click_url or ''}")
    if number and (ours := _our_key(told.metadata)):
        yield Echo(address, at, number, ours)
    if told.event_type == "delivered" and number:
        yield MessageReceipt(address, at, ReceiptKind.DELIVERED, number)
    elif told.event_type == "clicked":
        if number:
            yield MessageReceipt(address, at, ReceiptKind.READ, number)
        yield InboundEvent(address, at, InboundKind.OTHER, key=key)
    elif told.event_type in _NO_MORE:
        yield Consent(address, at, is_given=False, key=key)
    elif told.event_type in _NOT_ARRIVED and number:
        yield Undelivered(address, at, number, _why(str(told.event_type), str(told.reject_reason or "")))


def _why(event_type: str, reason: str) -> ChannelError:
    detail = f"{event_type}, {reason}" if reason else event_type
    if reason == "unsubscribed":
        return ContactGone(detail, because="opted_out")
    if event_type == "bounced" and reason in _NO_SUCH_MAILBOX:
        return ContactGone(detail)
    return MessageRejected(detail) if event_type == "failed" else ContactUnreachable(detail)


def _our_key(metadata: object) -> str:
    return text_of(metadata.get("key"))[:100] if isinstance(metadata, Mapping) else ""


def _moment(at: object) -> datetime | None:
    return at.astimezone(UTC) if isinstance(at, datetime) and at.tzinfo else None
