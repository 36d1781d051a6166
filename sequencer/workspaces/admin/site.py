"""The one admin site: for members of a workspace only, in that workspace's time zone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import update_wrapper
from typing import Any, cast
from zoneinfo import ZoneInfo

from csp.decorators import csp_update
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.templatetags.static import static
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from unfold.dataclasses import Favicon
from unfold.sites import UnfoldAdminSite

from sequencer.workspaces.access import workspaces_of
from sequencer.workspaces.admin.requests import access_for
from sequencer.workspaces.admin.wording import WORDS

View = Callable[..., HttpResponse]
Notice = Callable[[HttpRequest], list[Any]]


@dataclass(frozen=True, slots=True)
class Badge:
    """What stands behind an entry of the menu."""

    text: str
    is_warning: bool = False


# Pages that Django brings and that know no workspace.
_LEFT_OUT = {"view_on_site"}


def _only_the_code(code: str, params: Mapping[str, Any]) -> str:
    return code


class SequencerSite(UnfoldAdminSite):
    """Roles decide (access.py), not Django's permissions; a page of a third-party app is never registered here."""

    index_title = _("Overview")

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self.disable_action("delete_selected")
        # Filled by the apps above, which this one may not import.
        self.more_words: Callable[[str, Mapping[str, Any]], Any] = _only_the_code
        self.notices: list[Notice] = []
        self.badges: dict[str, Callable[[HttpRequest], Badge | None]] = {}
        self.first_page: View | None = None
        self._pages: list[tuple[str, View, str]] = []

    def explain(self, code: str, params: Mapping[str, Any]) -> Any:
        """The sentence of a code with which an action refused."""
        return WORDS[code] if code in WORDS else self.more_words(code, params)

    def add_page(self, route: str, view: View, name: str) -> None:
        """Add a page of our own; members only, like every other."""
        self._pages.append((route, view, name))

    def extra_urls(self) -> list[URLPattern]:
        return [path(route, self.admin_view(view), name=name) for route, view, name in self._pages]

    def get_urls(self) -> list[URLPattern | URLResolver]:
        return [url for url in super().get_urls() if getattr(url, "name", "") not in _LEFT_OUT]

    def has_permission(self, request: HttpRequest) -> bool:
        return access_for(request) is not None

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        """Members see the page in their workspace's time zone, others the way in."""
        guarded = super().admin_view(view, cacheable)
        # Previews and chats show the customers' own pictures.
        with_pictures = csp_update({"img-src": ["https:"]})(guarded)

        def in_the_workspace(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            access = access_for(request)
            if access is None:
                return (
                    self._without_workspace(request)
                    if request.user.is_authenticated
                    else guarded(request, *args, **kwargs)
                )
            with timezone.override(zone_of(access.workspace.time_zone)):
                response = with_pictures(request, *args, **kwargs)
                # Rendered here: later the zone would be gone.
                return response.render() if isinstance(response, TemplateResponse) else cast(HttpResponse, response)

        return update_wrapper(in_the_workspace, guarded)

    @method_decorator(never_cache)
    def _without_workspace(self, request: HttpRequest) -> HttpResponse:
        return render(request, "workspaces/no_workspace.html", {"title": _("No workspace")}, status=403)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The way in is allauth's."""
        if self.has_permission(request):
            return HttpResponseRedirect(reverse("admin:index"))
        if request.user.is_authenticated:
            return self._without_workspace(request)
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"), reverse("account_login"))

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Where the work begins: the app above brings the page."""
        if self.first_page is None:
            return HttpResponseRedirect(reverse("admin:profile"))
        return self.first_page(request)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        access = access_for(request)
        context: dict[str, Any] = super().each_context(request)
        context["styles"] = [*context["styles"], static("workspaces/admin.css")]
        context["site_favicons"] = [Favicon(href=static("workspaces/icon.svg"), rel="icon", type="image/svg+xml")]
        if access is not None:
            context["workspace"] = access.workspace
            context["role"] = access.role
            context["workspaces"] = workspaces_of(request.user)
            context["account_links"] = [
                {"title": _("You"), "link": reverse("admin:profile")},
                {"title": _("Change password"), "link": reverse("admin:password_change")},
            ]
            context["notices"] = [notice for ask in self.notices for notice in ask(request)]
        return context

    def get_log_entries(self, request: HttpRequest) -> list[Any]:
        """Django's own log knows no workspace: nothing is written to it, nothing is read from it."""
        return []


def zone_of(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return ZoneInfo("UTC")


site = SequencerSite(name="admin")
