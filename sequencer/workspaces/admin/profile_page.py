"""What people decide about themselves: how they are named, and in which language they work."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from sequencer.workspaces.actions.profile import save_profile
from sequencer.workspaces.admin.requests import access_to
from sequencer.workspaces.admin.site import site


class ProfileForm(forms.Form):
    name = forms.CharField(label=_("Your name"), max_length=150, required=False, widget=UnfoldAdminTextInputWidget)
    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=[("", _("The browser's")), ("en", "English"), ("fr", "Français")],
        widget=UnfoldAdminSelectWidget,
    )


def profile(request: HttpRequest) -> HttpResponse:
    user = access_to(request).user
    form = ProfileForm(request.POST or None, initial={"name": user.name, "language": user.language})
    if request.method == "POST" and form.is_valid():
        save_profile(user, name=form.cleaned_data["name"], language=form.cleaned_data["language"])
        messages.success(request, _("Saved."))
        return HttpResponseRedirect(reverse("admin:profile"))
    context = {**site.each_context(request), "title": _("You"), "form": form}
    return TemplateResponse(request, "workspaces/profile.html", context)


site.add_page("you/", profile, "profile")
