"""Text messages by Twilio, the sending half (docs/providers/sms.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from channels.backends.base import Backend, Capabilities, Setting, server_of
from channels.backends.basic_auth import basic_auth
from channels.backends.limits import Limit, Limits
from channels.backends.questions import Ask, Identity
from channels.backends.reading import identity_of, message_id_of, one_line
from channels.backends.sms_answers import error_of, read_twilio
from channels.content import Audio, File, Image, Message, Text, Video
from channels.errors import ChannelMisconfigured, OutcomeUnknown
from channels.messages import Account, DoorResult, HttpCall, Outgoing, Receipt, Recipient

BASE_URL = "https://api.twilio.com"
API = "2010-04-01"
FAILED = ("failed", "undelivered", "canceled")


class SmsBackend(Backend):
    """Sends by a number or a messaging service; our key travels in the address that Twilio reports to."""

    kind = "sms"
    label = "SMS (Twilio)"
    credential_fields = ("account_sid", "auth_token")
    optional_credentials = ("api_key_sid", "api_key_secret")
    own_settings = (
        Setting("from", pattern=r"\+[1-9]\d{1,14}|\d{3,8}|[A-Za-z0-9 ]{1,11}", example="+33612345678"),
        Setting("messaging_service_sid", pattern=r"MG[0-9a-fA-F]{32}", example="MG" + "0" * 32),
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
        # Twilio keeps what its carriers do not take at once in a queue of its own.
        sends_per_second=10.0,
        limits=Limits(
            text=Limit(1600),
            caption=Limit(1600),
            unsupported=frozenset({"buttons", "quick_replies", "template"}),
            goes_in_segments=True,
        ),
    )

    def build(self, message: Outgoing, to: Recipient, account: Account) -> HttpCall:
        self.refuse_unsupported(message.content)
        fields = {"To": to.address, **_sender(account), **_written(message.content)}
        if account.webhook_url:
            fields["StatusCallback"] = f"{account.webhook_url}?{urlencode({'key': message.key})}"
        return _call(account, "POST", "/Messages.json", fields)

    def read(self, result: DoorResult, message: Outgoing) -> Receipt:
        found = read_twilio(result)
        if found.get("status") in FAILED and found.get("error_code") is not None:
            raise error_of(found.get("error_code"))
        sid = message_id_of(found.get("sid"))
        if not sid:
            raise OutcomeUnknown("accepted without a message id")
        return Receipt(sid)

    def missing_settings(self, settings: Mapping[str, Any]) -> tuple[str, ...]:
        return () if settings.get("from") or settings.get("messaging_service_sid") else ("from",)

    def me(self, account: Account) -> Ask[Identity]:
        return Ask(_call(account, "GET", ".json"), _read_identity)

    def own_id(self, account: Account) -> str:
        return account.credentials.get("account_sid", "")


def _sender(account: Account) -> dict[str, str]:
    if service := account.settings.get("messaging_service_sid"):
        return {"MessagingServiceSid": str(service)}
    if number := account.settings.get("from"):
        return {"From": str(number)}
    raise ChannelMisconfigured("neither a number nor a messaging service to send from")


def _written(content: Message) -> dict[str, str]:
    match content:
        case Text(text=text):
            return {"Body": text}
        case Image() | Video() | Audio() | File():
            return {"MediaUrl": content.url, **({"Body": content.caption} if content.caption else {})}
        case _:
            raise TypeError("refused before")


def _call(account: Account, method: str, path: str, fields: dict[str, str] | None = None) -> HttpCall:
    """An API key signs in where there is one; the account is named in the path either way."""
    known = account.credentials
    name, secret = known.get("account_sid", ""), known.get("auth_token", "")
    url = f"{server_of(account, BASE_URL)}/{API}/Accounts/{quote(name, safe='')}{path}"
    if known.get("api_key_sid") and known.get("api_key_secret"):
        name, secret = known["api_key_sid"], known["api_key_secret"]
    headers: tuple[tuple[str, str], ...] = (basic_auth(name, secret), ("Accept", "application/json"))
    if fields is None:
        return HttpCall(method, url, headers)
    form = ("Content-Type", "application/x-www-form-urlencoded")
    return HttpCall(method, url, (*headers, form), urlencode(fields).encode())


def _read_identity(result: DoorResult) -> Identity:
    shown: dict[str, Any] = read_twilio(result)
    account = identity_of(one_line(shown.get("sid"), 200), shown.get("friendly_name"))
    if shown.get("status") in ("suspended", "closed"):
        raise ChannelMisconfigured(f"the account is {shown['status']}", because="account_restricted")
    return account
