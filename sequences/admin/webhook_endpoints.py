"""Webhook endpoints on pages of their own, for owners: made, tried, switched, and their secret renewed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from sequencer.workspaces.admin.forms import ActionForm
from sequencer.workspaces.admin.requests import access_to, actor_of
from sequencer.workspaces.admin.scoped import ScopedAdmin
from sequencer.workspaces.admin.shown_once import shown_once
from sequencer.workspaces.admin.site import site
from sequencer.workspaces.refusals import Conflict, Refused
from sequences.actions.webhook_endpoints import change_endpoint, create_endpoint, disable_endpoint, enable_endpoint
from sequences.actions.webhook_endpoints import remove_endpoint as remove
from sequences.actions.webhook_replays import replay_since, send_test
from sequences.actions.webhook_secrets import USUAL_OVERLAP, rotate_secret
from sequences.admin.empty_lists import Empty
from sequences.models import DisabledBecause, EndpointState, WebhookEndpoint
from sequences.rules.outgoing import EventType

EVENTS = {
    EventType.SUBSCRIPTION_STARTED: _("Subscribed to a sequence"),
    EventType.SUBSCRIPTION_COMPLETED: _("Sequence completed"),
    EventType.SUBSCRIPTION_STOPPED: _("Sequence stopped"),
    EventType.MESSAGE_SENT: _("Message sent"),
    EventType.MESSAGE_DELIVERED: _("Message delivered"),
    EventType.MESSAGE_READ: _("Message read"),
    EventType.MESSAGE_FAILED: _("Message failed"),
    EventType.MESSAGE_SKIPPED: _("Message skipped"),
    EventType.MESSAGE_UNKNOWN: _("Message in doubt"),
    EventType.CONTACT_OPTED_OUT: _("Contact opted out"),
    EventType.CONTACT_BLOCKED: _("Contact blocked us"),
    EventType.CONTACT_ERASED: _("Contact erased"),
}
COLOURS = {EndpointState.ACTIVE: "success", EndpointState.DISABLED: "warning"}


class WebhookEndpointForm(ActionForm):
    event_types = forms.MultipleChoiceField(
        label=_("events"),
        required=False,
        choices=[(kind.value, words) for kind, words in EVENTS.items()],
        help_text=_("None ticked: all of them."),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )


@admin.register(WebhookEndpoint, site=site)
class WebhookEndpointAdmin(ScopedAdmin):
    form = WebhookEndpointForm
    add_label = _("New webhook endpoint")
    list_display = ("url", "description", "shown_state", "failing_since", "created_at")
    list_filter = ("state",)
    search_fields = ("url", "description")
    ordering = ("id",)
    fields = ("url", "description", "event_types")
    change_form_outer_before_template = "sequences/webhook_endpoint.html"
    empty = Empty(
        _("No webhook endpoint yet"),
        _("What happens is sent to your own server, signed."),
        (("admin:sequences_webhookendpoint_add", _("New webhook endpoint")),),
    )

    @display(description=_("state"), label=COLOURS)
    def shown_state(self, row: WebhookEndpoint) -> tuple[str, Any]:
        return row.state, row.get_disabled_because_display() or row.get_state_display()

    def get_urls(self) -> list[URLPattern]:
        verb = self.admin_site.admin_view(self.verb_view)
        return [
            path("<int:endpoint_id>/<slug:verb>/now/", verb, name="sequences_webhookendpoint_verb"),
            *super().get_urls(),
        ]

    def act(self, request: HttpRequest, row: Any, form: Any, formsets: list[Any], change: bool) -> WebhookEndpoint:
        values = {name: form.cleaned_data[name] for name in self.fields}
        now, actor = timezone.now(), actor_of(request)
        if change:
            return change_endpoint(row, values, now=now, actor=actor)
        made, secret = create_endpoint(access_to(request).workspace, values, now=now, actor=actor)
        # Not by the messages framework: that would store the secret in a cookie or in the session.
        request.new_secret = secret  # type: ignore[attr-defined]
        return made

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> Any:
        return self._secret_once(request, obj, request.new_secret)  # type: ignore[attr-defined]

    def verb_view(self, request: HttpRequest, endpoint_id: int, verb: str) -> HttpResponse:
        """What a button of the page does, by POST."""
        row = self.get_queryset(request).filter(pk=endpoint_id).first()
        deed = VERBS.get(verb)
        if row is None or deed is None or not self.has_change_permission(request, row):
            raise Http404
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            answer = deed(self, request, row)
        except (Conflict, Refused) as refused:
            code = refused.code if isinstance(refused, Conflict) else refused.problems[0].code
            messages.error(request, str(self.admin_site.explain(code, {})))
            answer = None
        return answer or HttpResponseRedirect(reverse("admin:sequences_webhookendpoint_change", args=[row.pk]))

    def _secret_once(self, request: HttpRequest, row: WebhookEndpoint, secret: str) -> TemplateResponse:
        return shown_once(
            self,
            request,
            "sequences/webhook_secret.html",
            title=_("Secret of the webhook endpoint"),
            endpoint=row,
            text=secret,
            is_renewed=row.old_secret_until is not None,
        )

    def _test(self, request: HttpRequest, row: WebhookEndpoint) -> None:
        send_test(row, now=timezone.now(), actor=actor_of(request))
        messages.success(request, _("A test is on its way; look at the messages of this endpoint."))

    def _disable(self, request: HttpRequest, row: WebhookEndpoint) -> None:
        disable_endpoint(row, because=DisabledBecause.BY_HAND, now=timezone.now(), actor=actor_of(request))

    def _enable(self, request: HttpRequest, row: WebhookEndpoint) -> None:
        enable_endpoint(row, now=timezone.now(), actor=actor_of(request))

    def _rotate(self, request: HttpRequest, row: WebhookEndpoint) -> HttpResponse:
        secret = rotate_secret(row, overlap=USUAL_OVERLAP, now=timezone.now(), actor=actor_of(request))
        row.refresh_from_db()
        return self._secret_once(request, row, secret)

    def _replay(self, request: HttpRequest, row: WebhookEndpoint) -> None:
        try:
            since = parse_datetime(request.POST.get("since", ""))
        except ValueError:
            since = None
        if since is None:
            messages.error(request, _("Give a day and a time."))
            return
        since = since if since.tzinfo else since.replace(tzinfo=UTC)
        count = replay_since(row, since, now=timezone.now(), actor=actor_of(request))
        messages.success(request, _("%(count)s messages go out again.") % {"count": count})

    def _remove(self, request: HttpRequest, row: WebhookEndpoint) -> HttpResponse:
        remove(row, now=timezone.now(), actor=actor_of(request))
        messages.success(request, _("It was removed."))
        return HttpResponseRedirect(reverse("admin:sequences_webhookendpoint_changelist"))


Deed = Callable[[WebhookEndpointAdmin, HttpRequest, WebhookEndpoint], HttpResponse | None]
VERBS: dict[str, Deed] = {
    "test": WebhookEndpointAdmin._test,
    "disable": WebhookEndpointAdmin._disable,
    "enable": WebhookEndpointAdmin._enable,
    "rotate": WebhookEndpointAdmin._rotate,
    "replay": WebhookEndpointAdmin._replay,
    "remove": WebhookEndpointAdmin._remove,
}
