"""Why a message goes, or went, on another channel than the person's own, in a sentence."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from channels.admin.kinds import kind_label
from sequences.models import Delivery
from sequences.rules.fall_back import Elsewhere
from sequences.rules.reasons import Reason

PAST: dict[str, Promise] = {
    Reason.REPLY_WINDOW_CLOSED: _(
        "Sent by %(channel)s because the 24-hour rule forbade it on the person's own channel."
    ),
    Reason.NO_UTILITY_TEMPLATE: _(
        "Sent by %(channel)s because the 24-hour rule forbade it on the person's own channel, "
        "without an approved template."
    ),
    Reason.CONTACT_GONE: _("Sent by %(channel)s because the person can no longer be reached on their own channel."),
}
FUTURE: dict[str, Promise] = {
    Reason.REPLY_WINDOW_CLOSED: _("goes by %(channel)s, because the 24-hour rule will forbid it here"),
    Reason.NO_UTILITY_TEMPLATE: _(
        "goes by %(channel)s, because the 24-hour rule will forbid it here without an approved template"
    ),
    Reason.CONTACT_GONE: _("goes by %(channel)s, because the person can no longer be reached here"),
}


def elsewhere_of(via: Elsewhere | None, because: Reason | None) -> str:
    """Of a message that is ahead; empty for one that goes where the person is."""
    return str(FUTURE[because]) % {"channel": kind_label(via.kind)} if via and because else ""


def why_elsewhere(delivery: Delivery) -> str:
    """Of one that went, or was tried, with its channel loaded; empty where that is the person's own."""
    words = PAST.get(delivery.fell_back_because)
    return str(words) % {"channel": delivery.channel} if words else ""
