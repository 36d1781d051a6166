"""The page behind an invitation's link: new people choose a password, others log in and join."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.password_validation import password_validators_help_text_html, validate_password
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect

from sequencer.workspaces.actions.invitations import accept_as_new_user, accept_invitation, find_invitation
from sequencer.workspaces.admin.wording import WORDS
from sequencer.workspaces.models import Invitation, User
from sequencer.workspaces.refusals import Conflict


class NewUserForm(forms.Form):
    """Who they are and how they log in from now on; the address is the invitation's."""

    name = forms.CharField(label=_("Your name"), max_length=150, widget=forms.TextInput({"autocomplete": "name"}))
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=password_validators_help_text_html,
    )

    def __init__(self, email: str, data: object = None) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.email = email

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, User(email=self.email, name=self.cleaned_data.get("name", "")))
        return password


@never_cache
@csrf_protect
def accept(request: HttpRequest, token: str) -> HttpResponse:
    invitation = find_invitation(token, now=timezone.now())
    if invitation is None:
        return _page(request, None, status=404)
    is_known = User.objects.filter(email=invitation.email).exists()
    try:
        return _join(request, invitation) if is_known else _sign_up(request, invitation)
    except Conflict as conflict:
        return _page(request, invitation, problem=WORDS[conflict.code], status=409)


def _join(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """Somebody with an account proves it by logging in; the link alone opens no account."""
    if not request.user.is_authenticated:
        return _page(request, invitation, login=f"{reverse('account_login')}?next={request.path}")
    if request.user.email != invitation.email:
        return _page(request, invitation, problem=WORDS["wrong_user"], status=409)
    if request.method != "POST":
        return _page(request, invitation, may_join=True)
    accept_invitation(invitation, request.user, now=timezone.now())
    return _welcome(request, invitation)


def _sign_up(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    if request.user.is_authenticated:
        return _page(request, invitation, problem=WORDS["wrong_user"], status=409)
    form = NewUserForm(invitation.email, request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _page(request, invitation, form=form)
    values = form.cleaned_data
    user = accept_as_new_user(invitation, name=values["name"], password=values["password"], now=timezone.now())
    login(request, user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return _welcome(request, invitation)


def _welcome(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    messages.success(request, _("Welcome to %(workspace)s.") % {"workspace": invitation.workspace})
    return HttpResponseRedirect(reverse("admin:index"))


def _page(request: HttpRequest, invitation: Invitation | None, status: int = 200, **context: object) -> HttpResponse:
    context = {"invitation": invitation, "title": _("Invitation"), **context}
    return render(request, "workspaces/accept_invitation.html", context, status=status)
