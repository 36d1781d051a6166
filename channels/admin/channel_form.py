"""The form of a channel: what its kind needs. Credentials go in and never come out."""

from __future__ import annotations

from collections.abc import Collection
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
)

from channels.actions.save_channel import ChannelDraft
from channels.admin.own_settings import CREDENTIALS, own_setting
from channels.ask import account_of
from channels.backends import backend_for
from channels.models import Channel
from channels.secrets import SecretsUnreadable
from sequencer.workspaces.admin.forms import ActionForm

AFTER_24_HOURS = [
    ("", _("What this kind of channel does by itself")),
    ("utility_template", _("Send the sub-flow's approved utility template")),
    ("message_tag", _("Send with the message tag of the content type")),
    ("never", _("Never send")),
]
FOR_CONTENT_TYPES = _("For messages with a content type other than Default / Other.")
ALL_THE_SAME = _("Send the sub-flow all the same")
IN_OWN_WORDS = {("uchat", "message_tag"): ALL_THE_SAME, ("manychat", "message_tag"): ALL_THE_SAME}
OF_REMOTE_SUB_FLOWS: list[str | Promise] = [
    _(
        "By itself, the sub-flow goes out all the same: it must hold the approved template of its channel there. "
        "No tag travels along; a refusal counts as a closed window."
    ),
    _("Never: nothing leaves after 24 hours."),
]
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
    "instagram": [_("Instagram takes nothing automatic after 24 hours, whatever the content type.")],
    "uchat": [FOR_CONTENT_TYPES, *OF_REMOTE_SUB_FLOWS],
    "manychat": [FOR_CONTENT_TYPES, *OF_REMOTE_SUB_FLOWS],
    "whatsapp": [
        FOR_CONTENT_TYPES,
        _("By itself, a WhatsApp channel sends the approved template bound to the sub-flow."),
        _("Never: nothing leaves after 24 hours."),
    ],
}
FOR_A_GATEWAY: Any = _(
    "Only for a gateway: where to send instead of the provider. Another server needs all credentials anew."
)
BASE_ADDRESSES: dict[str, Any] = {
    "uchat": _(
        "Empty for uchat.com.au. Of a white label: the address at which you log in there, like "
        "https://chat.example.com. Another server needs the token anew."
    ),
}
BREAK = SafeString("<br>")
KEPT = _("Stored. Leave empty to keep it.")
OPTIONAL = _("Only where you use it.")


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
    fields = {**_settings(kind, stored), **_credentials(kind, _names_stored(channel) if channel else ())}
    return type("ChannelFormOfKind", (ChannelForm,), fields)


def setting_names(kind: str) -> list[str]:
    return list(_settings(kind, {}))


def credential_names(kind: str) -> list[str]:
    return list(_credentials(kind, ()))


def _settings(kind: str, stored: dict[str, Any]) -> dict[str, forms.Field]:
    backend = backend_for(kind)
    fields = {f"settings_{setting.name}": own_setting(kind, setting, stored) for setting in backend.own_settings}
    if backend.capabilities.reply_window is not None:
        fields["settings_after_24_hours"] = _after_24_hours(kind, stored)
    fields["settings_sends_per_second"] = _pace(stored)
    if backend.has_base_url:
        fields["settings_base_url"] = _base_url(kind, stored)
    return fields


def _after_24_hours(kind: str, stored: dict[str, Any]) -> forms.Field:
    possible = backend_for(kind).ways_after_24_hours()
    return forms.ChoiceField(
        label=_("After 24 hours"),
        required=False,
        choices=[
            (value, IN_OWN_WORDS.get((kind, value), words))
            for value, words in AFTER_24_HOURS
            if not value or value in possible
        ],
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


def _base_url(kind: str, stored: dict[str, Any]) -> forms.Field:
    return forms.CharField(
        label=_("Base address"),
        required=False,
        initial=stored.get("base_url", ""),
        widget=UnfoldAdminTextInputWidget({"placeholder": "https://…"}),
        help_text=BASE_ADDRESSES.get(kind, FOR_A_GATEWAY),
    )


def _names_stored(channel: Channel) -> Collection[str]:
    """The credentials that a channel has; all of its kind while no key opens them."""
    try:
        return [name for name, value in account_of(channel).credentials.items() if value]
    except SecretsUnreadable:
        backend = backend_for(channel.kind)
        return (*backend.credential_fields, *backend.optional_credentials)


def _credentials(kind: str, stored: Collection[str]) -> dict[str, forms.Field]:
    backend = backend_for(kind)
    return {
        f"credentials_{name}": forms.CharField(
            label=CREDENTIALS[name],
            required=False,
            strip=True,
            widget=UnfoldAdminPasswordWidget({"autocomplete": "new-password"}),
            help_text=KEPT if name in stored else "" if name in backend.credential_fields else OPTIONAL,
        )
        for name in (*backend.credential_fields, *backend.optional_credentials)
    }
