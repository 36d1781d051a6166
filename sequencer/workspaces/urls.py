"""Pages of a workspace that are open to people who are not logged in yet."""

from __future__ import annotations

from django.urls import path

from sequencer.workspaces.admin.accept_invitation import accept
from sequencer.workspaces.admin.language import choose_language

urlpatterns = [
    path("accounts/invitation/<str:token>/", accept, name="accept_invitation"),
    path("accounts/language/", choose_language, name="set_language"),
]
