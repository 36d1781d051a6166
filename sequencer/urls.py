"""Every address: the admin, accounts, the API and its page."""

from __future__ import annotations

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from sequencer.workspaces.admin.site import site

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(url="/admin/"), name="home"),
    path("accounts/", include("allauth.account.urls")),
    path("", include("sequencer.workspaces.urls")),
    path("admin/", site.urls),
]
# Until these exist.
if find_spec("sequences.api.authentication") and find_spec("sequences.api.urls"):
    from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView  # noqa: PLC0415
    from rest_framework.permissions import AllowAny  # noqa: PLC0415

    # The description of the API holds nobody's data: it may be read without a key.
    OPEN = {"authentication_classes": [], "permission_classes": [AllowAny]}
    urlpatterns += [
        path("api/v1/", include("sequences.api.urls")),
        path("api/schema/", SpectacularAPIView.as_view(**OPEN), name="schema"),
        path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema", **OPEN), name="docs"),
    ]
