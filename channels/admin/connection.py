"""What the page of a channel says of its connection: where the provider calls us, what is stored, how a test went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from channels.actions.check_connection import Finding, Verdict
from channels.ask import account_of, webhook_of
from channels.backends import backend_for
from channels.messages import Account
from channels.models import Channel, ProfileHint
from channels.secrets import SecretsUnreadable
from channels.webhooks import WEBHOOKS

GUIDES = {
    "messenger": "channels/messenger_guide.html",
    "instagram": "channels/instagram_guide.html",
    "whatsapp": "channels/whatsapp_guide.html",
    "telegram": "channels/telegram_guide.html",
    "line": "channels/line_guide.html",
    "sms": "channels/sms_guide.html",
    "viber": "channels/viber_guide.html",
    "uchat": "channels/uchat_guide.html",
    "manychat": "channels/manychat_guide.html",
    "webhook": "channels/webhook_guide.html",
    "email": "channels/email_guide.html",
}
HINTS: dict[str, Promise] = {
    ProfileHint.NO_PROFILE: _(
        "Meta does not show us people's names and time zones: their messages follow the workspace's time zone. "
        "Your Meta app lacks the feature Business Asset User Profile Access."
    ),
    ProfileHint.NO_TIME_ZONE: _(
        "Meta does not show us people's time zones: their messages follow the workspace's time zone. "
        "Your Meta app lacks the permission pages_user_timezone."
    ),
}
SAYS: dict[Verdict, Promise] = {
    Verdict.CONNECTED: _("It works: the token opens %(name)s (%(id)s)."),
    Verdict.NOTHING_TO_TEST: _("There is nothing to test: this kind of channel needs no provider."),
    Verdict.CREDENTIALS_MISSING: _("Some credentials are missing. Fill them in, save, and test again."),
    Verdict.CREDENTIALS_UNREADABLE: _(
        "The stored credentials cannot be read with the encryption keys of this installation. Type all of them anew."
    ),
    Verdict.TOKEN_REFUSED: _("The token was refused (%(detail)s). Make a new Page access token and save it here."),
    Verdict.OTHER_ACCOUNT: _(
        "The token works, but it is the token of %(name)s (%(id)s), not of the page id stored here. "
        "Correct the page id, or take the token of that Page."
    ),
    Verdict.PERMISSION_MISSING: _(
        "A permission is missing (%(detail)s). The token needs pages_messaging, given by somebody who may send "
        "messages for the Page."
    ),
    Verdict.ACCOUNT_RESTRICTED: _(
        "The provider restricted the account (%(detail)s). Look at the Page's support inbox at Meta."
    ),
    Verdict.QUESTION_REFUSED: _(
        "The provider refused the question (%(detail)s). Most often the app secret is that of another app."
    ),
    Verdict.ADDRESS_FORBIDDEN: _(
        "The base address leads to a server that channels may not reach. Correct it, or ask whoever runs this "
        "installation to allow it."
    ),
    Verdict.UNREACHABLE: _("No usable answer from the provider (%(detail)s). Try again in a moment."),
}
# Of kinds that know no Page.
SAYS_ELSEWHERE: dict[Verdict, Promise] = {
    Verdict.TOKEN_REFUSED: _("The token was refused (%(detail)s). Make a new one and save it here."),
    Verdict.OTHER_ACCOUNT: _(
        "The token works, but it opens %(name)s (%(id)s), not the account stored here. Correct the id, or take the "
        "token of that account."
    ),
    Verdict.PERMISSION_MISSING: _(
        "A permission is missing (%(detail)s). The steps on this page name those that the token needs."
    ),
    Verdict.ACCOUNT_RESTRICTED: _(
        "The provider restricted the account (%(detail)s). Look at what it says of it there."
    ),
    Verdict.QUESTION_REFUSED: _("The provider refused the question (%(detail)s). Check what is stored here."),
}
# Of kinds for which neither is true.
SAYS_OF_KIND: dict[tuple[str, Verdict], Promise] = {
    ("webhook", Verdict.CONNECTED): _("It works: %(name)s took a signed test event."),
    ("webhook", Verdict.TOKEN_REFUSED): _(
        "The receiver refused the signature (%(detail)s). Both sides must hold the same signing secret."
    ),
    ("webhook", Verdict.ACCOUNT_RESTRICTED): _("The receiver wants no more messages (%(detail)s)."),
    ("email", Verdict.CONNECTED): _("It works: %(name)s lets us in (%(id)s)."),
    ("email", Verdict.TOKEN_REFUSED): _(
        "User, password or key were refused (%(detail)s). Correct them here and test again."
    ),
    ("email", Verdict.PERMISSION_MISSING): _(
        "The account may not do this (%(detail)s). Look at what it is allowed there, and at the sender."
    ),
    ("email", Verdict.ADDRESS_FORBIDDEN): _(
        "Channels may not reach this e-mail server or port. Correct it, or ask whoever runs this installation to "
        "allow it."
    ),
}
REGISTERED = _("Done: the provider calls this installation from now on.")
# Where the address itself stands in the dashboard of an app.
SUBSCRIBED = _("Done: Meta sends this account's events to your app. The app's dashboard says to which address they go.")
BY_THE_APP = ("messenger", "instagram")
NOTHING_TO_REGISTER = _("This kind of channel has no webhook that could be registered from here.")
LEVELS = {Verdict.CONNECTED: messages.SUCCESS, Verdict.NOTHING_TO_TEST: messages.INFO}


@dataclass(frozen=True, slots=True)
class Connection:
    """`webhook` is empty for a channel that is not stored yet; `plain_address` is PUBLIC_URL where that is a fault.

    `api` is where a program calls us; `is_by_the_app`: to register tells Meta to send events to the app, not where to.
    """

    webhook: str = ""
    plain_address: str = ""
    has_verify_token: bool = False
    is_verify_token_stored: bool = False
    is_readable: bool = True
    hint: Promise | str = ""
    guide: str = ""
    is_testable: bool = False
    is_registrable: bool = False
    is_by_the_app: bool = False
    api: str = ""


def connection_of(kind: str, channel: Channel | None) -> Connection:
    guide = GUIDES.get(kind, "")
    if channel is None:
        return Connection(guide=guide, api=_api())
    stored = _stored(channel)
    has_webhook, backend = kind in WEBHOOKS, backend_for(kind)
    return Connection(
        webhook=webhook_of(channel) if has_webhook else "",
        plain_address="" if not has_webhook or _is_https() else settings.PUBLIC_URL,
        has_verify_token="verify_token" in backend.credential_fields,
        is_verify_token_stored=bool(stored and stored.get("verify_token")),
        is_readable=stored is not None,
        hint=HINTS.get(channel.profile_hint, ""),
        guide=guide,
        is_testable=backend.me(Account()) is not None,
        is_registrable=backend.register_webhook(Account()) is not None,
        is_by_the_app=kind in BY_THE_APP,
        api=_api(),
    )


def words_for(kind: str, verdict: Verdict) -> Promise:
    """What is said of a verdict on a channel of this kind, with its details yet to be filled in."""
    elsewhere = SAYS[verdict] if kind == "messenger" else SAYS_ELSEWHERE.get(verdict, SAYS[verdict])
    return SAYS_OF_KIND.get((kind, verdict), elsewhere)


def say(request: HttpRequest, finding: Finding, kind: str) -> None:
    """The finding as a message on the next page."""
    words: dict[str, Any] = {"detail": finding.detail}
    if finding.found:
        words |= {"id": finding.found.provider_id, "name": finding.found.name or "–"}
    messages.add_message(request, LEVELS.get(finding.verdict, messages.ERROR), words_for(kind, finding.verdict) % words)


def say_registered(request: HttpRequest, finding: Finding, kind: str) -> None:
    """What came of registering the webhook."""
    match finding.verdict:
        case Verdict.CONNECTED:
            messages.success(request, SUBSCRIBED if kind in BY_THE_APP else REGISTERED)
        case Verdict.NOTHING_TO_TEST:
            messages.info(request, NOTHING_TO_REGISTER)
        case _:
            say(request, finding, kind)


def _is_https() -> bool:
    return bool(settings.PUBLIC_URL.lower().startswith("https://"))


def _api() -> str:
    return f"{settings.PUBLIC_URL.rstrip('/')}/api/v1/"


def _stored(channel: Channel) -> dict[str, str] | None:
    """None when no key opens it."""
    try:
        return dict(account_of(channel).credentials)
    except SecretsUnreadable:
        return None
