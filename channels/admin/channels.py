from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from channels.actions.check_connection import check_connection
from channels.actions.pause_channel import pause_channel, resume_channel
from channels.actions.register_webhook import register_webhook
from channels.actions.save_channel import save_channel
from channels.admin.channel_form import channel_form, credential_names, setting_names
from channels.admin.connection import connection_of, say, say_registered
from channels.admin.kinds import KindFilter, kind_label
from channels.admin.sub_flows import lists_sub_flows, read_anew, sub_flows_of
from channels.admin.templates import has_templates, refresh, templates_of
from channels.backends import KINDS
from channels.models import Channel, ChannelState, ExternalSubFlow, MessageTemplate
from sequencer.workspaces.admin.requests import access_to, actor_of
from sequencer.workspaces.admin.scoped import ScopedAdmin
from sequencer.workspaces.admin.site import site


@admin.register(Channel, site=site)
class ChannelAdmin(ScopedAdmin):
    """A new channel begins with the choice of its kind, which decides the form."""

    add_label = _("New channel")
    list_display = ("name", "shown_kind", "shown_state", "created_at")
    list_filter = (("kind", KindFilter), "state")
    search_fields = ("name",)
    ordering = ("name", "id")
    change_form_outer_before_template = "channels/before_form.html"

    @display(description=_("kind"), ordering="kind")
    def shown_kind(self, row: Channel) -> str:
        return kind_label(row.kind)

    @display(description=_("state"), label={ChannelState.ACTIVE: "success", ChannelState.PAUSED: "warning"})
    def shown_state(self, row: Channel) -> tuple[str, str]:
        return row.state, row.get_state_display()

    def get_urls(self) -> list[URLPattern]:
        switch = self.admin_site.admin_view(self.switch_view)
        test = self.admin_site.admin_view(self.test_view)
        register = self.admin_site.admin_view(self.register_view)
        templates = self.admin_site.admin_view(self.templates_view)
        sub_flows = self.admin_site.admin_view(self.sub_flows_view)
        return [
            path("<int:channel_id>/templates/", templates, name="channels_channel_templates"),
            path("<int:channel_id>/sub-flows/", sub_flows, name="channels_channel_sub_flows"),
            path("<int:channel_id>/switch/", switch, name="channels_channel_switch"),
            path("<int:channel_id>/test/", test, name="channels_channel_test"),
            path("<int:channel_id>/register/", register, name="channels_channel_register"),
            *super().get_urls(),
        ]

    def switch_view(self, request: HttpRequest, channel_id: int) -> HttpResponse:
        """Pause or resume, by POST."""
        channel = self._theirs(request, channel_id)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        act = resume_channel if request.POST.get("to") == "active" else pause_channel
        act(channel, now=timezone.now(), actor=actor_of(request))
        return HttpResponseRedirect(reverse("admin:channels_channel_change", args=[channel.pk]))

    def test_view(self, request: HttpRequest, channel_id: int) -> HttpResponse:
        """Ask the provider whether the stored credentials are good, by POST."""
        channel = self._theirs(request, channel_id)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        say(request, check_connection(channel, now=timezone.now(), actor=actor_of(request)), channel.kind)
        return HttpResponseRedirect(reverse("admin:channels_channel_change", args=[channel.pk]))

    def register_view(self, request: HttpRequest, channel_id: int) -> HttpResponse:
        """Tell the provider where to call us, by POST."""
        channel = self._theirs(request, channel_id)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        say_registered(request, register_webhook(channel, now=timezone.now(), actor=actor_of(request)), channel.kind)
        return HttpResponseRedirect(reverse("admin:channels_channel_change", args=[channel.pk]))

    def templates_view(self, request: HttpRequest, channel_id: int) -> HttpResponse:
        """Read the provider's templates anew, by POST; whoever writes sub-flows may, for they bind them."""
        channel: Channel | None = self.get_queryset(request).filter(pk=channel_id).first()
        if channel is None or not has_templates(channel) or not access_to(request).may_change(MessageTemplate):
            raise Http404
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        refresh(request, channel, now=timezone.now(), actor=actor_of(request))
        return HttpResponseRedirect(reverse("admin:channels_channel_change", args=[channel.pk]))

    def sub_flows_view(self, request: HttpRequest, channel_id: int) -> HttpResponse:
        """Read anew which sub-flows live there, by POST; whoever writes sequences may."""
        channel: Channel | None = self.get_queryset(request).filter(pk=channel_id).first()
        if channel is None or not lists_sub_flows(channel) or not access_to(request).may_change(ExternalSubFlow):
            raise Http404
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        told = read_anew(channel, now=timezone.now(), actor=actor_of(request))
        messages.add_message(request, messages.SUCCESS if told.is_good else messages.ERROR, told.words)
        return HttpResponseRedirect(reverse("admin:channels_channel_change", args=[channel.pk]))

    def _theirs(self, request: HttpRequest, channel_id: int) -> Channel:
        """One of their channels, if they may change it; Http404 otherwise."""
        channel: Channel | None = self.get_queryset(request).filter(pk=channel_id).first()
        if channel is None or not self.has_change_permission(request, channel):
            raise Http404
        return channel

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Channel | None = None, **kwargs: Any
    ) -> HttpResponse:
        if access_to(request).may_change(Channel):
            context["connection"] = connection_of(_kind(request, obj), obj)
        context["templates"], context["sub_flows"] = templates_of(obj), sub_flows_of(obj)
        context["may_refresh_sub_flows"] = access_to(request).may_change(ExternalSubFlow)
        context["may_refresh_templates"] = access_to(request).may_change(MessageTemplate)
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)  # type: ignore[no-any-return]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if request.GET.get("kind") in KINDS or not self.has_add_permission(request):
            return super().add_view(request, form_url, extra_context)  # type: ignore[no-any-return]
        context = {
            **self.admin_site.each_context(request),
            "title": _("New channel"),
            "opts": self.opts,
            "kinds": [{"kind": kind, "label": kind_label(kind)} for kind in KINDS],
        }
        return TemplateResponse(request, "channels/choose_kind.html", context)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> Any:
        """What comes next in the guides stands on the page of the channel: its address, the test, the webhook."""
        connection = connection_of(obj.kind, obj)
        if not (connection.webhook or connection.is_testable):
            return super().response_add(request, obj, post_url_continue)
        messages.success(request, _("“%(name)s” is saved. Go on with the steps below.") % {"name": obj.name})
        return HttpResponseRedirect(reverse("admin:channels_channel_change", args=[obj.pk]) + "?guide=open")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        kwargs["form"] = channel_form(_kind(request, obj), obj)
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        kind = _kind(request, obj)
        names = [(None, {"fields": ["name"]}), (_("Settings"), {"fields": setting_names(kind)})]
        # Who may not change the channel has no use for its empty password fields.
        if credential_names(kind) and access_to(request).may_change(Channel):
            names.append((_("Credentials"), {"fields": credential_names(kind)}))
        if not access_to(request).may_change(Channel):
            return [(None, {"fields": ["name", "shown_kind"]})]
        return names

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if access_to(request).may_change(Channel) else ("name", "shown_kind")

    def act(self, request: HttpRequest, row: Any, form: Any, formsets: list[Any], change: bool) -> Channel:
        draft = form.draft(_kind(request, row if change else None))
        workspace = access_to(request).workspace
        return save_channel(workspace, row if change else None, draft, now=timezone.now(), actor=actor_of(request))


def _kind(request: HttpRequest, channel: Channel | None) -> str:
    kind = channel.kind if channel else request.GET.get("kind", "")
    return kind if kind in KINDS else "sandbox"
