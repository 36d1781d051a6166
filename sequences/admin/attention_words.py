"""The alarms of the first page in words, each with the way to what it is about."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from channels.models import Channel, PausedBecause
from sequencer.workspaces.access import Access
from sequences.rules.attention import Alarm, Alert

GRAVE = {Alarm.CHANNEL_PAUSED, Alarm.LATE}
ICONS = {
    Alarm.CHANNEL_PAUSED: "pause_circle",
    Alarm.CHANNEL_TROUBLE: "cloud_off",
    Alarm.LATE: "hourglass_bottom",
    Alarm.RISING: "trending_up",
    Alarm.UNKNOWN: "help",
}


def worded(alert: Alert, access: Access) -> dict[str, Any]:
    """What the template shows of it."""
    return {
        "icon": ICONS[alert.alarm],
        "is_grave": alert.alarm in GRAVE,
        "title": _title(alert),
        "text": _text(alert),
        "link": _link(alert, access),
    }


def _title(alert: Alert) -> str:
    name = {"name": alert.channel.name if alert.channel else ""}
    match alert.alarm:
        case Alarm.CHANNEL_PAUSED:
            return _("%(name)s is paused") % name
        case Alarm.CHANNEL_TROUBLE:
            return _("%(name)s waits for its provider") % name
        case Alarm.LATE:
            return _("Messages on %(name)s are late") % name
        case Alarm.RISING:
            return _("Failures are rising")
        case Alarm.UNKNOWN:
            count = {"count": alert.count}
            return (
                ngettext(
                    "%(count)d message may or may not have arrived",
                    "%(count)d messages may or may not have arrived",
                    alert.count,
                )
                % count
            )


def _text(alert: Alert) -> str:
    since = {"since": moment(alert.since)}
    match alert.alarm:
        case Alarm.CHANNEL_PAUSED:
            return _joined(_why_paused(alert), _since(alert), _waiting(alert))
        case Alarm.CHANNEL_TROUBLE:
            return _joined(_("It is tried again at %(since)s by itself.") % since, _waiting(alert))
        case Alarm.LATE:
            return _joined(_("The first was due on %(since)s.") % since, _waiting(alert))
        case Alarm.RISING:
            return ngettext(
                "%(count)d message failed in the last hour.", "%(count)d messages failed in the last hour.", alert.count
            ) % {"count": alert.count}
        case Alarm.UNKNOWN:
            return _("The line broke after a request had left. Nothing is sent twice: look whether it arrived.")


def _joined(*sentences: str) -> str:
    return " ".join(sentence for sentence in sentences if sentence)


def _why_paused(alert: Alert) -> str:
    because = alert.channel.paused_because if alert.channel else ""
    return f"{PausedBecause(because).label}." if because in PausedBecause.values else ""


def _since(alert: Alert) -> str:
    return _("Since %(since)s.") % {"since": moment(alert.since)} if alert.since else ""


def _waiting(alert: Alert) -> str:
    if not alert.count:
        return ""
    return ngettext("%(count)d message waits.", "%(count)d messages wait.", alert.count) % {"count": alert.count}


def moment(at: datetime | None) -> str:
    """In the workspace's zone, as the reader writes moments."""
    return str(formats.date_format(timezone.localtime(at), "DATETIME_FORMAT")) if at else ""


def _link(alert: Alert, access: Access) -> str:
    if alert.channel and access.may_view(Channel):
        return reverse("admin:channels_channel_change", args=[alert.channel.id])
    states = {Alarm.RISING: "failed", Alarm.UNKNOWN: "unknown"}
    if alert.alarm in states:
        return f"{reverse('admin:sequences_delivery_changelist')}?{urlencode({'state__exact': states[alert.alarm]})}"
    return ""
