"""The e-mail with an invitation's link."""

from __future__ import annotations

from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from sequencer.workspaces.models import Invitation

MAIL_ERRORS = (SMTPException, OSError)


def send_invitation(invitation: Invitation, token: str, *, invited_by: str) -> None:
    """Raises one of MAIL_ERRORS."""
    workspace = " ".join(invitation.workspace.name.split())
    context = {
        "workspace": workspace,
        "invited_by": invited_by,
        "link": settings.PUBLIC_URL.rstrip("/") + reverse("accept_invitation", args=[token]),
        "invitation": invitation,
    }
    send_mail(
        subject=_("Invitation to %(workspace)s") % {"workspace": workspace},
        message=render_to_string("workspaces/invitation_mail.txt", context),
        from_email=None,
        recipient_list=[invitation.email],
    )
