"""Tell a workspace's owners by e-mail that one of their channels paused itself."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from smtplib import SMTPException

from django.conf import settings
from django.core.cache import cache
from django.core.mail import send_mail
from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from channels.models import Channel, ChannelState, PausedBecause
from sequencer.workspaces.models import Membership, Role, User

log = logging.getLogger(__name__)

AT_ONCE = 20
LOOKED_AT = 500
TRIES_AGAIN_AFTER = 300  # seconds


def channels_to_tell_of() -> QuerySet[Channel]:
    """Channels that paused themselves and whose owners do not know yet."""
    paused = Channel.objects.filter(state=ChannelState.PAUSED, owners_told_at=None, paused_at__isnull=False)
    return paused.exclude(paused_because=PausedBecause.BY_HAND).order_by("pk")


def tell_owners(*, now: datetime) -> int:
    """Write to the owners of such channels, once; how many channels. Where no mail left it is tried again later."""
    untold = {_tried(number): number for number in channels_to_tell_of().values_list("pk", flat=True)[:LOOKED_AT]}
    tried_just_now = cache.get_many(untold)
    numbers = [number for name, number in untold.items() if name not in tried_just_now][:AT_ONCE]
    told = 0
    for channel in Channel.objects.filter(pk__in=numbers).select_related("workspace").order_by("pk"):
        if Channel.objects.filter(pk=channel.pk, owners_told_at=None).update(owners_told_at=now):
            if _write(channel):
                told += 1
            else:
                _try_again_later(channel, claimed_at=now)
    return told


def _try_again_later(channel: Channel, *, claimed_at: datetime) -> None:
    cache.set(_tried(channel.pk), True, TRIES_AGAIN_AFTER)
    Channel.objects.filter(pk=channel.pk, owners_told_at=claimed_at).update(owners_told_at=None)


def _tried(channel_id: int) -> str:
    return f"owners-not-told-{channel_id}"


def _write(channel: Channel) -> bool:
    def words() -> tuple[str, str]:
        subject = _("%(channel)s is paused: %(reason)s") % {
            "channel": channel.name,
            "reason": channel.get_paused_because_display(),
        }
        body = _(
            "Nothing is lost: messages keep their place and go out when you resume the channel.\n\n%(address)s"
        ) % {"address": f"{settings.PUBLIC_URL.rstrip('/')}/admin/channels/channel/{channel.pk}/change/"}
        return subject, body

    return mail_owners(channel.workspace_id, words)


def mail_owners(workspace_id: int, words: Callable[[], tuple[str, str]]) -> bool:
    """Write subject and body to each owner in their language; False when there are owners and none was reached."""
    owners = Membership.objects.filter(workspace=workspace_id, role=Role.OWNER, user__is_active=True)
    answers = [_mail(owner.user, words) for owner in owners.select_related("user")]
    return any(answers) or not answers


def _mail(owner: User, words: Callable[[], tuple[str, str]]) -> bool:
    """Whether the mail left."""
    with translation.override(owner.language or settings.LANGUAGE_CODE):
        subject, body = words()
    try:
        send_mail(" ".join(subject.split()), body, None, [owner.email])
    except (SMTPException, OSError):
        log.exception("an owner could not be told", extra={"owner": owner.pk})
        return False
    return True
