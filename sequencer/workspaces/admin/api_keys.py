from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget

from sequencer.workspaces.actions.api_keys import create_api_key, revoke_api_key, rotate_api_key
from sequencer.workspaces.admin.forms import ActionForm
from sequencer.workspaces.admin.requests import access_to, actor_of
from sequencer.workspaces.admin.scoped import ScopedAdmin
from sequencer.workspaces.admin.shown_once import shown_once
from sequencer.workspaces.admin.site import site
from sequencer.workspaces.models import ApiKey, Scope
from sequencer.workspaces.refusals import Conflict

STATES = {"valid": _("Valid"), "revoked": _("Revoked"), "expired": _("Expired")}
# How long the old key goes on working, as the page offers it.
OVERLAPS = (
    (0, _("The old key stops now")),
    (24, _("The old key works for 24 more hours")),
    (168, _("The old key works for 7 more days")),
)
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
    list_display = ("name", "shown_key", "shown_scopes", "shown_state", "expires_at", "last_used_at", "created_at")
    search_fields = ("name", "prefix")
    fields = ("name", "scopes", "expires_at")
    ordering = ("-created_at", "-id")
    actions = ("revoke",)
    change_form_outer_before_template = "workspaces/rotate_api_key.html"

    @display(description=_("key"))
    def shown_key(self, row: ApiKey) -> str:
        return f"seq_live_{row.prefix}_…{row.last_four}"

    @display(description=_("rights"))
    def shown_scopes(self, row: ApiKey) -> str:
        return ", ".join(str(Scope(scope).label) for scope in row.scopes if scope in Scope.values)

    @display(description=_("state"), label=COLOURS)
    def shown_state(self, row: ApiKey) -> tuple[str, Any]:
        over = "revoked" if row.revoked_at else "expired"
        state = "valid" if row.is_valid(timezone.now()) else over
        return state, STATES[state]

    def get_urls(self) -> list[URLPattern]:
        rotate = self.admin_site.admin_view(self.rotate_view)
        return [path("<int:key_id>/rotate/", rotate, name="workspaces_apikey_rotate"), *super().get_urls()]

    def rotate_view(self, request: HttpRequest, key_id: int) -> HttpResponse:
        """A new key in place of this one, by POST; both work while programs change over."""
        key = self.get_queryset(request).filter(pk=key_id).first()
        if key is None or not self.has_add_permission(request):
            raise Http404
        back = reverse("admin:workspaces_apikey_change", args=[key.pk])
        hours = {str(hours): hours for hours, _words in OVERLAPS}.get(request.POST.get("overlap", ""))
        if request.method != "POST" or hours is None:
            return HttpResponseRedirect(back)
        overlap, now = timedelta(hours=hours), timezone.now()
        try:
            fresh, text = rotate_api_key(key, overlap=overlap, actor=actor_of(request), now=now)
        except Conflict as conflict:
            messages.error(request, str(self.admin_site.explain(conflict.code, {})))
            return HttpResponseRedirect(back)
        return self._shown_once(request, fresh, text)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        key = kwargs.get("obj")
        may_rotate = key is not None and key.is_valid(timezone.now()) and self.has_add_permission(request)
        context["overlaps"] = OVERLAPS if may_rotate else ()
        return super().render_change_form(request, context, *args, **kwargs)

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
        return self._shown_once(request, obj, request.new_key)  # type: ignore[attr-defined]

    def _shown_once(self, request: HttpRequest, key: ApiKey, text: str) -> TemplateResponse:
        return shown_once(self, request, "workspaces/new_api_key.html", title=_("New API key"), key=key, text=text)

    @admin.action(description=_("Revoke"), permissions=["change"])
    def revoke(self, request: HttpRequest, rows: QuerySet[ApiKey]) -> None:
        for row in rows:
            revoke_api_key(row, actor=actor_of(request), now=timezone.now())
        messages.success(request, _("These keys no longer work."))
