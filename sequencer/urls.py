"""Every address: the admin, accounts, the API and its page."""

from __future__ import annotations

from allauth.account import urls as account_urls
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny

from sequencer.workspaces.admin.site import site

# Of allauth's pages only what we stand for: nobody signs up by themselves (the page says so), and nobody moves to an
# e-mail address that they have not shown to be theirs.
ACCOUNT_PAGES = {
    "account_login",
    "account_logout",
    "account_inactive",
    "account_signup",
    "account_reauthenticate",
    "account_change_password",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
}
# The description of the API holds nobody's data: it may be read without a key.
OPEN = {"authentication_classes": [], "permission_classes": [AllowAny]}

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(url="/admin/"), name="home"),
    path("accounts/", include([page for page in account_urls.urlpatterns if page.name in ACCOUNT_PAGES])),
    path("", include("sequencer.workspaces.urls")),
    path("", include("sequences.health.urls")),
    path("webhooks/", include("channels.webhooks.urls")),
    path("unsubscribe/", include("sequences.unsubscribing.urls")),
    path("admin/", site.urls),
    path("api/v1/", include("sequences.api.urls")),
    path("api/schema/", SpectacularAPIView.as_view(**OPEN), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema", **OPEN), name="docs"),
]
