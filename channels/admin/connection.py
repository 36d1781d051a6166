"""What the page of a channel says of its connection: where the provider calls us, what is stored, how a test went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from channels.actions.check_connection import Finding, Verdict
from channels.ask import account_of
from channels.backends import backend_for
from channels.messages import Account
from channels.models import Channel, ProfileHint
from channels.secrets import SecretsUnreadable
from channels.webhooks import WEBHOOKS

GUIDES = {"messenger": "channels/messenger_guide.html"}
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
LEVELS = {Verdict.CONNECTED: messages.SUCCESS, Verdict.NOTHING_TO_TEST: messages.INFO}


@dataclass(frozen=True, slots=True)
class Connection:
    """`webhook` is empty for a channel that is not stored yet; `plain_address` is PUBLIC_URL where that is a fault."""

    webhook: str = ""
    plain_address: str = ""
    is_verify_token_stored: bool = False
    is_readable: bool = True
    hint: Promise | str = ""
    guide: str = ""
    is_testable: bool = False


def connection_of(kind: str, channel: Channel | None) -> Connection:
    guide = GUIDES.get(kind, "")
    if channel is None:
        return Connection(guide=guide)
    stored = _stored(channel)
    has_webhook = kind in WEBHOOKS
    return Connection(
        webhook=_webhook_of(channel) if has_webhook else "",
        plain_address="" if not has_webhook or _is_https() else settings.PUBLIC_URL,
        is_verify_token_stored=bool(stored and stored.get("verify_token")),
        is_readable=stored is not None,
        hint=HINTS.get(channel.profile_hint, ""),
        guide=guide,
        is_testable=backend_for(kind).me(Account()) is not None,
    )


def say(request: HttpRequest, finding: Finding) -> None:
    """The finding as a message on the next page."""
    words: dict[str, Any] = {"detail": finding.detail}
    if finding.found:
        words |= {"id": finding.found.provider_id, "name": finding.found.name or "–"}
    messages.add_message(request, LEVELS.get(finding.verdict, messages.ERROR), SAYS[finding.verdict] % words)


def _webhook_of(channel: Channel) -> str:
    return settings.PUBLIC_URL.rstrip("/") + reverse("webhook", args=[channel.kind, channel.public_id])


def _is_https() -> bool:
    return bool(settings.PUBLIC_URL.lower().startswith("https://"))


def _stored(channel: Channel) -> dict[str, str] | None:
    """None when no key opens it."""
    try:
        return dict(account_of(channel).credentials)
    except SecretsUnreadable:
        return None
