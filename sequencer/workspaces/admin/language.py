"""The switch of the language: kept in a cookie before the login, and on the person behind it."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.views.i18n import set_language

from sequencer.workspaces.actions.profile import save_profile
from sequencer.workspaces.models import User


def choose_language(request: HttpRequest) -> HttpResponseBase:
    """Speak this language from now on, and go back to where one was; by POST only."""
    chosen = request.POST.get("language", "")
    user = request.user
    if isinstance(user, User) and chosen in dict(settings.LANGUAGES):
        save_profile(user, name=user.name, language=chosen)
    return set_language(request)
