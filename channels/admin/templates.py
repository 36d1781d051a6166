"""What the page of a channel says of the provider's templates, and what came of reading them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from channels.actions.check_connection import Verdict, verdict_on
from channels.actions.refresh_templates import refresh_templates
from channels.admin.connection import words_for
from channels.backends import KINDS
from channels.errors import ChannelError
from channels.messages import Account
from channels.models import Channel, MessageTemplate
from sequencer.workspaces.access import visible
from sequencer.workspaces.actor import Actor

MOST_SHOWN = 200
PERMISSIONS = {"messenger": "pages_utility_messaging", "whatsapp": "whatsapp_business_management"}


@dataclass(frozen=True, slots=True)
class ShownTemplates:
    """`is_cut`: there are more than are shown. `read_at` is None until somebody reads the list."""

    rows: list[MessageTemplate]
    is_cut: bool
    read_at: datetime | None


def templates_of(channel: Channel | None) -> ShownTemplates | None:
    """The stored templates of a channel whose provider has such; None for every other."""
    if channel is None or not has_templates(channel):
        return None
    stored = visible(MessageTemplate.objects.filter(channel=channel), channel.workspace_id)
    rows = list(stored.order_by("name", "language", "pk")[: MOST_SHOWN + 1])
    return ShownTemplates(rows[:MOST_SHOWN], len(rows) > MOST_SHOWN, channel.templates_read_at)


def has_templates(channel: Channel) -> bool:
    return channel.kind in KINDS and KINDS[channel.kind].templates(Account()) is not None


def refresh(request: HttpRequest, channel: Channel, *, now: datetime, actor: Actor) -> None:
    """Read the list anew; what came of it stands as a message on the next page."""
    try:
        count = refresh_templates(channel, now=now, actor=actor)
    except ChannelError as error:
        messages.error(request, _why_not(error, channel.kind))
        return
    if count:
        told = ngettext("%(count)s template was read.", "%(count)s templates were read.", count) % {"count": count}
        messages.success(request, told)
    else:
        messages.warning(request, _("The provider has no templates for this account. Make one there, then read again."))


def _why_not(error: ChannelError, kind: str) -> str:
    verdict = verdict_on(error)
    if verdict is Verdict.PERMISSION_MISSING and kind in PERMISSIONS:
        sentence = _("A permission is missing (%(detail)s). To read templates the token needs %(permission)s.")
        return sentence % {"detail": error.detail, "permission": PERMISSIONS[kind]}
    return str(words_for(kind, verdict)) % {"detail": error.detail}
