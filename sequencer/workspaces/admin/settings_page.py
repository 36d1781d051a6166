"""The workspace's own settings, and the switch between workspaces."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from sequencer.workspaces.access import workspaces_of
from sequencer.workspaces.actions.workspace_settings import choose_workspace, save_workspace
from sequencer.workspaces.admin.requests import access_to, actor_of, number_of
from sequencer.workspaces.admin.site import site
from sequencer.workspaces.models import Role, User, Workspace
from sequencer.workspaces.refusals import Refused
from sequencer.workspaces.zones import zone_names


class WorkspaceForm(forms.ModelForm[Workspace]):
    class Meta:
        model = Workspace
        fields = ("name", "time_zone")
        widgets = {
            "name": UnfoldAdminTextInputWidget(),
            "time_zone": UnfoldAdminTextInputWidget({"list": "time-zones", "autocomplete": "off"}),
        }


def workspace_settings(request: HttpRequest) -> HttpResponse:
    access = access_to(request)
    if not access.role.includes(Role.OWNER):
        raise PermissionDenied
    form = WorkspaceForm(request.POST or None, instance=Workspace.objects.get(pk=access.workspace.pk))
    if request.method == "POST" and form.is_valid() and _save(request, form):
        messages.success(request, _("The settings were saved."))
        return HttpResponseRedirect(reverse("admin:workspace_settings"))
    context = {
        **site.each_context(request),
        "title": _("Settings"),
        "form": form,
        "time_zones": sorted(zone for zone in zone_names() if "/" in zone),
    }
    return TemplateResponse(request, "workspaces/settings.html", context)


def _save(request: HttpRequest, form: WorkspaceForm) -> bool:
    values = form.cleaned_data
    try:
        save_workspace(
            access_to(request).workspace,
            name=values["name"],
            time_zone=values["time_zone"],
            now=timezone.now(),
            actor=actor_of(request),
        )
    except Refused as refused:
        for problem in refused.problems:
            form.add_error(problem.field, site.explain(problem.code, problem.params))
        return False
    return True


def switch_workspace(request: HttpRequest) -> HttpResponse:
    """Look at another workspace from now on: one of the user's own, by POST only."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    number = number_of(request.POST.get("workspace"))
    chosen = workspaces_of(request.user).filter(pk=number or 0).first()
    if chosen is None or not isinstance(request.user, User):
        raise Http404
    choose_workspace(request.user, chosen)
    return HttpResponseRedirect(reverse("admin:index"))


site.add_page("settings/", workspace_settings, "workspace_settings")
site.add_page("switch-workspace/", switch_workspace, "switch_workspace")
