"""The form of a contact: tags separated by commas, fields one a line."""

from __future__ import annotations

import json
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from channels.models import Contact
from sequencer.workspaces.admin.forms import ActionForm

PLAIN = ("first_name", "last_name", "language", "time_zone", "utc_offset_minutes")


class TimeZoneInput(UnfoldAdminTextInputWidget):
    """A text with the known time zones to choose from."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        zones = sorted(zone for zone in available_timezones() if "/" in zone and zone[:4] != "Etc/")
        options = format_html_join("", '<option value="{}"></option>', ((zone,) for zone in zones))
        text = super().render(name, value, {**(attrs or {}), "list": "known-time-zones"}, renderer)
        return format_html('{}<datalist id="known-time-zones">{}</datalist>', text, options)


class ContactForm(ActionForm):
    shown_tags = forms.CharField(
        label=_("tags"),
        required=False,
        max_length=5000,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Separated by commas."),
    )
    shown_fields = forms.CharField(
        label=_("fields"),
        required=False,
        max_length=20000,
        widget=UnfoldAdminTextareaWidget({"rows": 4}),
        help_text=_("One a line, as name: value. Texts can use them as {{ fields.name }}."),
    )
    time_zone = forms.CharField(
        label=_("time zone"),
        required=False,
        max_length=64,
        widget=TimeZoneInput,
        help_text=_("Like Europe/Paris. Empty: the offset below, else the workspace's own time zone."),
    )
    field_names = {"tags": "shown_tags", "fields": "shown_fields"}

    class Meta:
        model = Contact
        fields = ("channel", "address", *PLAIN)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "shown_tags" in self.fields:
            self.initial.setdefault("shown_tags", ", ".join(map(str, self.instance.tags or [])))
        if "shown_fields" in self.fields:
            lines = [f"{name}: {_shown(value)}" for name, value in (self.instance.fields or {}).items()]
            self.initial.setdefault("shown_fields", "\n".join(lines))

    def clean_shown_fields(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for line in self.cleaned_data["shown_fields"].splitlines():
            name, colon, value = line.partition(":")
            if line.strip() and not (colon and name.strip()):
                raise forms.ValidationError(
                    _("Write each field as name: value. This line cannot be read: %s") % line[:80]
                )
            if line.strip():
                found[name.strip()] = value.strip()
        return found

    def values(self) -> dict[str, Any]:
        """What the action is to write; a field that was taken away becomes null."""
        given, stored = self.cleaned_data, self.instance.fields or {}
        fields: dict[str, Any] = {
            # A number that nobody touched stays a number.
            name: stored[name] if name in stored and _shown(stored[name]) == value else value
            for name, value in given.get("shown_fields", {}).items()
        }
        fields.update({name: None for name in stored if name not in fields})
        tags = [tag.strip() for tag in given.get("shown_tags", "").split(",") if tag.strip()]
        return {**{name: given[name] for name in PLAIN if name in given}, "tags": tags, "fields": fields}


def _shown(value: Any) -> str:
    return value.strip() if isinstance(value, str) and "\n" not in value else json.dumps(value, ensure_ascii=False)
