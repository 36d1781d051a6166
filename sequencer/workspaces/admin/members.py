from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from sequencer.workspaces.actions.members import change_role, remove_member
from sequencer.workspaces.admin.forms import ActionForm
from sequencer.workspaces.admin.requests import actor_of
from sequencer.workspaces.admin.scoped import ScopedAdmin
from sequencer.workspaces.admin.site import site
from sequencer.workspaces.models import Membership, Role
from sequencer.workspaces.refusals import Refused


@admin.register(Membership, site=site)
class MembershipAdmin(ScopedAdmin):
    """People come in by invitation; here their role changes, or they leave."""

    form = ActionForm
    list_display = ("name", "email", "shown_role", "created_at")
    list_display_links = ("name",)
    list_select_related = ("user",)
    list_filter = ("role",)
    search_fields = ("user__email", "user__name")
    fields = ("user", "role", "created_at")
    readonly_fields = ("user", "created_at")
    actions = ("remove",)

    @display(description=_("name"), ordering="user__name")
    def name(self, row: Membership) -> str:
        return str(row.user)

    @display(description=_("e-mail"), ordering="user__email")
    def email(self, row: Membership) -> str:
        return row.user.email

    @display(
        description=_("role"), label={Role.OWNER: "primary", Role.EDITOR: "info", Role.VIEWER: ""}, ordering="role"
    )
    def shown_role(self, row: Membership) -> tuple[str, str]:
        return row.role, row.get_role_display()

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def act(self, request: HttpRequest, row: Any, form: Any, formsets: list[Any], change: bool) -> Membership:
        role = Role(form.cleaned_data["role"])
        return change_role(row, role, now=timezone.now(), actor=actor_of(request))

    @admin.action(description=_("Remove from the workspace"), permissions=["change"])
    def remove(self, request: HttpRequest, rows: QuerySet[Membership]) -> None:
        for row in rows.select_related("user"):
            try:
                remove_member(row, now=timezone.now(), actor=actor_of(request))
            except Refused as refused:
                problem = refused.problems[0]
                messages.error(request, f"{row.user}: {self.admin_site.explain(problem.code, problem.params)}")
            else:
                messages.success(request, _("%(name)s was removed.") % {"name": row.user})
