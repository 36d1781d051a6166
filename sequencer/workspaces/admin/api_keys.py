from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget

from sequencer.workspaces.actions.api_keys import create_api_key, revoke_api_key
from sequencer.workspaces.admin.forms import ActionForm
from sequencer.workspaces.admin.requests import access_to, actor_of
from sequencer.workspaces.admin.scoped import ScopedAdmin
from sequencer.workspaces.admin.site import site
from sequencer.workspaces.models import ApiKey, Scope

STATES = {"valid": _("Valid"), "revoked": _("Revoked"), "expired": _("Expired")}
COLOURS = {"valid": "success", "revoked": "danger", "expired": ""}


class ApiKeyForm(ActionForm):
    expires_at = forms.DateTimeField(
        label=_("expires"), required=False, widget=UnfoldAdminTextInputWidget({"type": "datetime-local"})
    )
    scopes = forms.MultipleChoiceField(
        label=_("rights"),
        choices=Scope.choices,
        initial=[Scope.READ.value, Scope.ACTIONS.value],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )


@admin.register(ApiKey, site=site)
class ApiKeyAdmin(ScopedAdmin):
    """The key itself is shown once, when it is made."""

    form = ApiKeyForm
    list_display = ("name", "shown_key", "shown_scopes", "shown_state", "last_used_at", "created_at")
    search_fields = ("name", "prefix")
    fields = ("name", "scopes", "expires_at")
    ordering = ("-created_at", "-id")
    actions = ("revoke",)

    @display(description=_("key"))
    def shown_key(self, row: ApiKey) -> str:
        return f"seq_live_{row.prefix}_…{row.last_four}"

    @display(description=_("rights"))
    def shown_scopes(self, row: ApiKey) -> str:
        return ", ".join(str(Scope(scope).label) for scope in row.scopes if scope in Scope.values)

    @display(description=_("state"), label=COLOURS)
    def shown_state(self, row: ApiKey) -> tuple[str, Any]:
        is_over = row.expires_at is not None and row.expires_at <= timezone.now()
        state = "revoked" if row.revoked_at else "expired" if is_over else "valid"
        return state, STATES[state]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A key is made or revoked, not changed; the list asks without a row."""
        return obj is None and super().has_change_permission(request)

    def act(self, request: HttpRequest, row: Any, form: Any, formsets: list[Any], change: bool) -> ApiKey:
        values = form.cleaned_data
        key, text = create_api_key(
            access_to(request).workspace,
            name=values["name"].strip(),
            scopes=values["scopes"],
            expires_at=values["expires_at"],
            now=timezone.now(),
            actor=actor_of(request),
        )
        # Not by the messages framework: that would store the key in a cookie or in the session.
        request.new_key = text  # type: ignore[attr-defined]
        return key

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> Any:
        context = {
            **self.admin_site.each_context(request),
            "title": _("New API key"),
            "opts": self.opts,
            "key": obj,
            "text": request.new_key,  # type: ignore[attr-defined]
        }
        response = TemplateResponse(request, "workspaces/new_api_key.html", context)
        response["Cache-Control"] = "no-store"
        return response

    @admin.action(description=_("Revoke"), permissions=["change"])
    def revoke(self, request: HttpRequest, rows: QuerySet[ApiKey]) -> None:
        for row in rows:
            revoke_api_key(row, actor=actor_of(request), now=timezone.now())
        messages.success(request, _("These keys no longer work."))
