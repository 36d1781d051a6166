"""The form of a channel: what its kind needs. Credentials go in and never come out."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from channels.actions.save_channel import ChannelDraft
from channels.backends import backend_for
from channels.models import Channel
from sequencer.workspaces.admin.forms import ActionForm

AFTER_24_HOURS = [
    ("", _("What this kind of channel does by itself")),
    ("utility_template", _("Send the sub-flow's approved utility template")),
    ("message_tag", _("Send with the message tag of the content type")),
    ("never", _("Never send")),
]
FOR_CONTENT_TYPES = _("For messages with a content type other than Default / Other.")
# Meta's rules of 2026-04-27 (docs/providers/messenger.md).
AFTER_24_HOURS_TODAY: dict[str, list[str | Promise]] = {
    "messenger": [
        FOR_CONTENT_TYPES,
        _("By itself, a Messenger channel sends the approved utility template."),
        _("Template: the template bound to the sub-flow goes out; a sub-flow without one is not sent."),
        _(
            "Tag: Facebook switched its message tags off on 27 April 2026. A message with one is refused with code 100 "
            "and does not arrive; choose this only for a gateway that still takes tags."
        ),
        _("Never: nothing leaves after 24 hours."),
        _("Messages whose content does not fit their content type can get your Page suspended or banned."),
    ],
}
LABELS = {
    "page_id": _("Page id"),
    "page_access_token": _("Page access token"),
    "app_secret": _("App secret"),
    "verify_token": _("Verify token"),
}
BREAK = SafeString("<br>")
KEPT = _("Stored. Leave empty to keep it.")


class ChannelForm(ActionForm):
    """The fields of settings and credentials are added by kind (`channel_form`)."""

    class Meta:
        model = Channel
        fields = ("name",)

    def draft(self, kind: str) -> ChannelDraft:
        values = self.cleaned_data
        settings = {
            name.removeprefix("settings_"): None if value in ("", None) else value
            for name, value in values.items()
            if name.startswith("settings_")
        }
        credentials = {
            name.removeprefix("credentials_"): value
            for name, value in values.items()
            if name.startswith("credentials_") and value
        }
        return ChannelDraft(kind=kind, name=values.get("name", ""), settings=settings, credentials=credentials)


def channel_form(kind: str, channel: Channel | None) -> type[ChannelForm]:
    """The form class for this kind."""
    stored = channel.settings if channel else {}
    fields = {**_settings(kind, stored), **_credentials(kind, is_stored=channel is not None)}
    return type("ChannelFormOfKind", (ChannelForm,), fields)


def setting_names(kind: str) -> list[str]:
    return list(_settings(kind, {}))


def credential_names(kind: str) -> list[str]:
    return list(_credentials(kind, is_stored=False))


def _settings(kind: str, stored: dict[str, Any]) -> dict[str, forms.Field]:
    fields: dict[str, forms.Field] = {}
    if kind == "sandbox":
        fields["settings_reply_window"] = _reply_window(stored)
    if backend_for(kind).capabilities.reply_window is not None:
        fields["settings_after_24_hours"] = _after_24_hours(kind, stored)
    fields["settings_sends_per_second"] = _pace(stored)
    if kind != "sandbox":
        fields["settings_base_url"] = _base_url(stored)
    return fields


def _reply_window(stored: dict[str, Any]) -> forms.Field:
    return forms.BooleanField(
        label=_("24-hour rule"),
        required=False,
        initial=stored.get("reply_window", True),
        widget=UnfoldBooleanWidget,
        help_text=_("Behave like a channel that lets you write freely for 24 hours after the person's last message."),
    )


def _after_24_hours(kind: str, stored: dict[str, Any]) -> forms.Field:
    return forms.ChoiceField(
        label=_("After 24 hours"),
        required=False,
        choices=AFTER_24_HOURS,
        initial=stored.get("after_24_hours", ""),
        widget=UnfoldAdminSelectWidget,
        help_text=_paragraphs(AFTER_24_HOURS_TODAY.get(kind, [FOR_CONTENT_TYPES])),
    )


def _paragraphs(sentences: list[Any]) -> str:
    """Read when the page is made, so in its reader's language."""
    return str(format_html_join(BREAK, "{}", ((sentence,) for sentence in sentences)))


def _pace(stored: dict[str, Any]) -> forms.Field:
    return forms.FloatField(
        label=_("Messages per second"),
        required=False,
        initial=stored.get("sends_per_second"),
        widget=UnfoldAdminDecimalFieldWidget,
        help_text=_("At most; empty for this kind's own pace."),
    )


def _base_url(stored: dict[str, Any]) -> forms.Field:
    return forms.CharField(
        label=_("Base address"),
        required=False,
        initial=stored.get("base_url", ""),
        widget=UnfoldAdminTextInputWidget({"placeholder": "https://…"}),
        help_text=_(
            "Only for a gateway: where to send instead of the provider. Another server needs all credentials anew."
        ),
    )


def _credentials(kind: str, *, is_stored: bool) -> dict[str, forms.Field]:
    return {
        f"credentials_{name}": forms.CharField(
            label=LABELS.get(name, name),
            required=False,
            strip=True,
            widget=UnfoldAdminPasswordWidget({"autocomplete": "new-password"}),
            help_text=KEPT if is_stored else "",
        )
        for name in backend_for(kind).credential_fields
    }
