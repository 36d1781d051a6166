from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from sequencer.workspaces.actions.invitations import invite, revoke_invitation
from sequencer.workspaces.admin.forms import ActionForm
from sequencer.workspaces.admin.invitation_mail import MAIL_ERRORS, send_invitation
from sequencer.workspaces.admin.requests import access_to, actor_of
from sequencer.workspaces.admin.scoped import ScopedAdmin
from sequencer.workspaces.admin.site import site
from sequencer.workspaces.models import Invitation, Role

STATES = {"accepted": _("Accepted"), "open": _("Open"), "over": _("Over")}
COLOURS = {"accepted": "success", "open": "info", "over": ""}


@admin.register(Invitation, site=site)
class InvitationAdmin(ScopedAdmin):
    """The link travels by e-mail only: whoever sees it could take the address's account."""

    form = ActionForm
    list_display = ("email", "role", "shown_state", "created_at", "expires_at")
    search_fields = ("email",)
    fields = ("email", "role")
    ordering = ("-created_at", "-id")
    actions = ("send_again", "revoke")

    @display(description=_("state"), label=COLOURS)
    def shown_state(self, row: Invitation) -> tuple[str, Any]:
        state = "accepted" if row.accepted_at else "open" if row.expires_at > timezone.now() else "over"
        return state, STATES[state]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """An invitation is sent again or revoked, not changed; the list asks without a row."""
        return obj is None and super().has_change_permission(request)

    def act(self, request: HttpRequest, row: Any, form: Any, formsets: list[Any], change: bool) -> Invitation:
        return self._invite(request, form.cleaned_data["email"], Role(form.cleaned_data["role"]))

    def _invite(self, request: HttpRequest, email: str, role: Role) -> Invitation:
        workspace = access_to(request).workspace
        invitation, token = invite(workspace, email=email, role=role, now=timezone.now(), actor=actor_of(request))
        transaction.on_commit(lambda: self._send(request, invitation, token))
        return invitation

    def _send(self, request: HttpRequest, invitation: Invitation, token: str) -> None:
        try:
            send_invitation(invitation, token, invited_by=str(request.user))
        except MAIL_ERRORS:
            messages.error(
                request, _("The e-mail to %(email)s could not be sent. Try again later.") % {"email": invitation.email}
            )
        else:
            messages.success(request, _("An invitation is on its way to %(email)s.") % {"email": invitation.email})

    @admin.action(description=_("Send again"), permissions=["change"])
    def send_again(self, request: HttpRequest, rows: QuerySet[Invitation]) -> None:
        for row in rows.filter(accepted_at=None):
            self._invite(request, row.email, Role(row.role))

    @admin.action(description=_("Revoke"), permissions=["change"])
    def revoke(self, request: HttpRequest, rows: QuerySet[Invitation]) -> None:
        for row in rows:
            revoke_invitation(row, now=timezone.now(), actor=actor_of(request))
        messages.success(request, _("The links of these invitations no longer work."))
