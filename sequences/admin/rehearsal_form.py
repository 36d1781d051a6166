"""With whom a sequence is rehearsed, by the rules of which channel, and how fast."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from channels.admin.contact_form import TimeZoneInput
from channels.backends import KINDS
from channels.models import Channel, Contact
from sequencer.workspaces.access import visible
from sequencer.workspaces.admin.requests import number_of
from sequencer.workspaces.zones import is_valid_zone
from sequences.actions.rehearsal_scene import MadeUpPerson
from sequences.models import Sequence, SequenceChannel

MOST_PEOPLE = 100
DAY = 86_400
SPEEDS = [
    (1440, _("1 day in 1 minute")),
    (DAY, _("1 day in 1 second")),
    (3600, _("1 hour in 1 second")),
    (60, _("1 minute in 1 second")),
    (0, _("The clock stands still: I go from message to message")),
]
WROTE = [
    ("0", _("just now")),
    ("1", _("1 hour ago")),
    ("3", _("3 hours ago")),
    ("20", _("20 hours ago")),
    ("30", _("30 hours ago")),
    ("never", _("never")),
    ("contact", _("as the chosen contact did")),
]

# The choices of the panel beside the messages, in minutes, by those of this form.
WROTE_OF_PANEL = {"0": "0", "20": "0", "180": "3", "1800": "30", "never": "never", "": "contact"}


def as_supposed(given: Mapping[str, str], sequence: Sequence) -> dict[str, Any]:
    """Whom the panel beside the messages supposed, from the address of its button; what is none is left out."""
    contact, channel, zone = (given.get(f"who-{name}", "") for name in ("contact", "channel", "zone"))
    wrote = WROTE_OF_PANEL.get(given.get("who-wrote", "0"), "0")
    has_contact = visible(Contact.objects.filter(channel__kind="sandbox"), sequence.workspace).filter(
        pk=number_of(contact) or 0
    )
    is_found = has_contact.exists()
    return {
        "contact": contact if is_found else None,
        "wrote": "20" if wrote == "contact" and not is_found else wrote,
        "time_zone": sequence.workspace.time_zone if zone == "workspace" else zone if is_valid_zone(zone) else "",
        **({"channel": channel} if channel.isdecimal() and not is_found else {}),
    }


class RehearsalForm(forms.Form):
    """`contact` lends names, fields, zone and last interaction; without one the person is made up."""

    contact = forms.ModelChoiceField(
        label=_("Person"),
        queryset=Contact.objects.none(),
        required=False,
        empty_label=_("Somebody made up"),
        widget=UnfoldAdminSelectWidget,
    )
    first_name = forms.CharField(
        label=_("First name"), max_length=100, required=False, widget=UnfoldAdminTextInputWidget
    )
    time_zone = forms.CharField(
        label=_("Time zone"),
        max_length=64,
        required=False,
        widget=TimeZoneInput,
        help_text=_("Like Europe/Paris. Empty: the chosen contact's, else the workspace's own time zone."),
    )
    wrote = forms.ChoiceField(label=_("Last wrote"), choices=WROTE, widget=UnfoldAdminSelectWidget)
    channel = forms.ModelChoiceField(
        label=_("By the rules of"), queryset=Channel.objects.none(), empty_label=None, widget=UnfoldAdminSelectWidget
    )
    speed = forms.TypedChoiceField(label=_("Speed"), choices=SPEEDS, coerce=int, widget=UnfoldAdminSelectWidget)

    def __init__(self, sequence: Sequence, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        channels = visible(Channel.objects.filter(kind__in=KINDS), sequence.workspace).order_by("name", "pk")
        people = visible(Contact.objects.filter(channel__kind="sandbox"), sequence.workspace)
        newest = list(people.order_by("-pk").values_list("pk", flat=True)[:MOST_PEOPLE])
        self.fields["channel"].queryset = channels  # type: ignore[attr-defined]
        self.fields["contact"].queryset = people.filter(pk__in=newest).order_by("first_name", "pk")  # type: ignore[attr-defined]
        self.initial.setdefault("channel", _first_channel(sequence, list(channels)))
        self.initial.setdefault("speed", SPEEDS[0][0])

    def clean_first_name(self) -> str:
        return str(self.cleaned_data["first_name"]).replace("\x00", "").strip()

    def clean_time_zone(self) -> str:
        zone = str(self.cleaned_data["time_zone"]).strip()
        if zone and not is_valid_zone(zone):
            raise forms.ValidationError(_("There is no time zone “%s”; write it like Europe/Paris.") % zone[:64])
        return zone

    def clean(self) -> dict[str, Any]:
        if self.cleaned_data.get("wrote") == "contact" and not self.cleaned_data.get("contact"):
            self.add_error("wrote", _("Choose a contact, or say when the made-up person wrote."))
        return self.cleaned_data

    def person(self) -> MadeUpPerson:
        given, like = self.cleaned_data, self.cleaned_data["contact"]
        if like is None:
            return MadeUpPerson(first_name=given["first_name"], time_zone=given["time_zone"])
        return MadeUpPerson(
            first_name=given["first_name"] or like.first_name,
            last_name="" if given["first_name"] else like.last_name,
            language=like.language,
            time_zone=given["time_zone"] or like.time_zone,
            utc_offset_minutes=None if given["time_zone"] else like.utc_offset_minutes,
            fields=like.fields,
            tags=tuple(map(str, like.tags)),
        )

    def wrote_at(self, now: datetime) -> datetime | None:
        match self.cleaned_data["wrote"]:
            case "never":
                return None
            case "contact":
                wrote: datetime | None = self.cleaned_data["contact"].last_interaction_at
                return wrote
            case hours:
                return now - timedelta(hours=int(hours))


def _first_channel(sequence: Sequence, channels: list[Channel]) -> int | None:
    """One that the sequence is for, else one with people, else the sandbox."""
    meant = set(SequenceChannel.objects.filter(sequence=sequence).values_list("channel_id", flat=True))
    by_interest = sorted(channels, key=lambda channel: (channel.pk not in meant, channel.kind == "sandbox"))
    return by_interest[0].pk if by_interest else None
