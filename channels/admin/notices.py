"""What owners must know on every page: channels that paused themselves."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from channels.models import Channel, ChannelState, PausedBecause
from sequencer.workspaces.access import visible
from sequencer.workspaces.admin.requests import access_to
from sequencer.workspaces.admin.site import Badge, site

MOST = 5


def paused_channels(request: HttpRequest) -> list[dict[str, Any]]:
    access = access_to(request)
    if not access.may_change(Channel):
        return []
    paused = visible(Channel.objects.all(), access.workspace).filter(state=ChannelState.PAUSED)
    return [
        {
            "text": _("The channel %(name)s paused itself: %(why)s. Its messages wait.")
            % {"name": channel.name, "why": channel.get_paused_because_display()},
            "link": reverse("admin:channels_channel_change", args=[channel.pk]),
            "link_text": _("Look at it"),
        }
        for channel in paused.exclude(paused_because=PausedBecause.BY_HAND).order_by("pk")[:MOST]
    ]


def paused_badge(request: HttpRequest) -> Badge | None:
    paused = visible(Channel.objects.all(), access_to(request).workspace).filter(state=ChannelState.PAUSED)
    count = len(paused.order_by("pk").values_list("pk", flat=True)[:100])
    text = ngettext("%(count)d paused", "%(count)d paused", count) % {"count": count}
    return Badge(text, is_warning=True) if count else None


site.notices.append(paused_channels)
site.badges["channels.Channel"] = paused_badge
