"""The menu, by role. The pages above are known here by their addresses' names only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from sequencer.workspaces.access import Access
from sequencer.workspaces.admin.requests import access_for
from sequencer.workspaces.admin.site import site
from sequencer.workspaces.models import Role


@dataclass(frozen=True, slots=True)
class Page:
    """`model` decides by its role who sees the entry; a page without one names `role`."""

    title: Any
    icon: str
    model: str = ""
    address: str = ""
    role: Role = Role.VIEWER

    def is_for(self, access: Access) -> bool:
        if self.model:
            return access.may_view(apps.get_model(self.model))
        return access.role.includes(self.role)

    def link(self) -> str:
        """ "" for a page that this installation does not have."""
        try:
            return reverse(self.address or f"admin:{self.model.lower().replace('.', '_')}_changelist")
        except NoReverseMatch:
            return ""


MENU: list[tuple[Any, list[Page]]] = [
    ("", [Page(_("Overview"), "space_dashboard", address="admin:index")]),
    (
        _("Automations"),
        [
            Page(_("Sequences"), "conversion_path", "sequences.Sequence"),
            Page(_("Sub-flows"), "chat_bubble", "sequences.SubFlow"),
            Page(_("Recipes"), "menu_book", address="admin:sequences_recipes"),
        ],
    ),
    (
        _("Audience"),
        [
            Page(_("Contacts"), "group", "channels.Contact"),
            Page(_("Subscriptions"), "repeat", "sequences.Subscription"),
            Page(_("Sandbox chat"), "forum", address="admin:sandbox", role=Role.EDITOR),
        ],
    ),
    (
        _("Delivery"),
        [
            Page(_("Deliveries"), "send", "sequences.Delivery"),
            Page(_("Channels"), "hub", "channels.Channel"),
        ],
    ),
    (
        _("Workspace"),
        [
            Page(_("Members"), "badge", "workspaces.Membership"),
            Page(_("Invitations"), "mail", "workspaces.Invitation"),
            Page(_("API keys"), "key", "workspaces.ApiKey"),
            Page(_("Webhooks"), "webhook", "sequences.WebhookEndpoint"),
            Page(_("Settings"), "settings", address="admin:workspace_settings", role=Role.OWNER),
            Page(_("Audit log"), "history", "workspaces.AuditEvent"),
        ],
    ),
]


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The sidebar in Unfold's shape."""
    access = access_for(request)
    if access is None:
        return []
    groups = [
        {"title": title, "items": [_item(page, request) for page in pages if page.is_for(access) and page.link()]}
        for title, pages in MENU
    ]
    return [group for group in groups if group["items"]]


def _item(page: Page, request: HttpRequest) -> dict[str, Any]:
    item = {"title": page.title, "icon": page.icon, "link": page.link()}
    badge = site.badges[page.model](request) if page.model in site.badges else None
    return {**item, "badge": badge.text, "badge_variant": "warning" if badge.is_warning else ""} if badge else item
