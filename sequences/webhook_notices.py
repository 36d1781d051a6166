"""Tell a workspace's owners by e-mail that one of their webhook endpoints was disabled."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from channels.notices import mail_owners
from sequences.models import EndpointState, WebhookEndpoint

AT_ONCE = 20


def endpoints_to_tell_of() -> QuerySet[WebhookEndpoint]:
    """Endpoints that were disabled by us and whose owners do not know yet."""
    return WebhookEndpoint.objects.filter(state=EndpointState.DISABLED, owners_told_at=None).order_by("pk")


def tell_owners_of_endpoints(*, now: datetime) -> int:
    """Write to the owners of such endpoints, once; how many endpoints. Where no mail left it is tried again."""
    told = 0
    for endpoint in endpoints_to_tell_of()[:AT_ONCE]:
        mine = WebhookEndpoint.objects.filter(pk=endpoint.pk)
        if not mine.filter(owners_told_at=None).update(owners_told_at=now):
            continue
        if _write(endpoint):
            told += 1
        else:
            mine.filter(owners_told_at=now).update(owners_told_at=None)
    return told


def _write(endpoint: WebhookEndpoint) -> bool:
    def words() -> tuple[str, str]:
        subject = _("The webhook endpoint %(endpoint)s was disabled: %(reason)s") % {
            "endpoint": str(endpoint),
            "reason": endpoint.get_disabled_because_display(),
        }
        address = f"{settings.PUBLIC_URL.rstrip('/')}/admin/sequences/webhookendpoint/{endpoint.pk}/change/"
        body = _("Nothing more is sent to it until you enable it again.\n\n%(address)s") % {"address": address}
        return subject, body

    return mail_owners(endpoint.workspace_id, words)
