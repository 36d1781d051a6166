"""Tell a workspace's owners by e-mail that one of their channels paused itself."""

from __future__ import annotations

import logging
from datetime import datetime
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail
from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from channels.models import Channel, ChannelState, PausedBecause
from sequencer.workspaces.models import Membership, Role

log = logging.getLogger(__name__)


def channels_to_tell_of() -> QuerySet[Channel]:
    """Channels that paused themselves and whose owners do not know yet."""
    paused = Channel.objects.filter(state=ChannelState.PAUSED, owners_told_at=None, paused_at__isnull=False)
    return paused.exclude(paused_because=PausedBecause.BY_HAND).order_by("pk")


def tell_owners(*, now: datetime) -> int:
    """Write to the owners of every such channel, once; how many channels."""
    told = 0
    for channel in channels_to_tell_of().select_related("workspace")[:20]:
        if Channel.objects.filter(pk=channel.pk, owners_told_at=None).update(owners_told_at=now):
            _write(channel)
            told += 1
    return told


def _write(channel: Channel) -> None:
    owners = Membership.objects.filter(workspace=channel.workspace, role=Role.OWNER, user__is_active=True)
    for owner in owners.select_related("user"):
        with translation.override(owner.user.language or settings.LANGUAGE_CODE):
            subject = _("%(channel)s is paused: %(reason)s") % {
                "channel": channel.name,
                "reason": channel.get_paused_because_display(),
            }
            body = _(
                "Nothing is lost: messages keep their place and go out when you resume the channel.\n\n%(address)s"
            ) % {"address": f"{settings.PUBLIC_URL.rstrip('/')}/admin/channels/channel/{channel.pk}/change/"}
        try:
            send_mail(" ".join(subject.split()), body, None, [owner.user.email])
        except (SMTPException, OSError):
            log.exception("an owner could not be told of a paused channel", extra={"channel": channel.pk})
