"""For whom the timeline beside the form is made: a contact of the workspace, or somebody made up."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from channels.backends import KINDS
from channels.models import Channel, Contact
from sequencer.workspaces.access import visible
from sequencer.workspaces.admin.requests import number_of
from sequencer.workspaces.models import Workspace
from sequencer.workspaces.moments import EARLIEST, LATEST, check_moment
from sequences.actions.forecast import Person, linked_person, rule_of_channel
from sequences.admin.found_people import found_people
from sequences.admin.rows import input_attrs
from sequences.admin.timeline_words import duration
from sequences.models import Sequence, Subscription
from sequences.rules.policy import ReplyRule
from sequences.rules.zones import pick_zone

AS_IT_IS, NEVER, OWN, WORKSPACE = "", "never", "", "workspace"
NOW, AT = "now", "at"
WROTE = [
    (AS_IT_IS, _("last wrote: as stored")),
    ("0", _("wrote just now")),
    ("20", _("wrote 20 min before")),
    ("180", _("wrote 3 h before")),
    ("1800", _("wrote 30 h before")),
    (NEVER, _("never wrote")),
]
# Somewhere in each part of the world; the contact's own zone is what counts when it is known.
ELSEWHERE = (
    "Pacific/Honolulu",
    "America/Los_Angeles",
    "America/Denver",
    "America/Chicago",
    "America/New_York",
    "America/Martinique",
    "America/Sao_Paulo",
    "Europe/London",
    "Europe/Paris",
    "Europe/Athens",
    "Africa/Dakar",
    "Africa/Lagos",
    "Indian/Reunion",
    "Asia/Dubai",
    "Asia/Kolkata",
    "Asia/Bangkok",
    "Asia/Shanghai",
    "Asia/Tokyo",
    "Australia/Sydney",
    "Pacific/Noumea",
    "Pacific/Auckland",
)
MOST_OFFERED = 8


class WhoForm(forms.Form):
    """Every field has a default, so that nothing in it can keep a timeline from being made."""

    contact = forms.CharField(required=False)
    search = forms.CharField(required=False, max_length=200)
    channel = forms.CharField(required=False)
    zone = forms.CharField(required=False)
    wrote = forms.ChoiceField(required=False, choices=WROTE, widget=forms.Select(input_attrs()))
    subscribed = forms.ChoiceField(
        required=False,
        choices=[(NOW, _("subscribed now")), (AT, _("subscribed at…"))],
        widget=forms.Select(input_attrs()),
    )
    at = forms.DateTimeField(
        required=False, widget=forms.DateTimeInput(input_attrs(type="datetime-local"), format="%Y-%m-%dT%H:%M")
    )

    def clean_at(self) -> datetime | None:
        """Near the edge of the calendar no zone can show it, nor anything be counted from it."""
        at: datetime | None = self.cleaned_data["at"]
        if check_moment("at", at):
            limits = {"min": EARLIEST.year, "max": LATEST.year}
            raise forms.ValidationError(_("Choose a moment between %(min)s and %(max)s.") % limits)
        return at


def stored_words(contact: Contact, *, now: datetime) -> str:
    """When this contact really wrote last, for the choice that leaves it so."""
    wrote_at = contact.last_interaction_at
    if wrote_at is None:
        return gettext("last wrote: as stored (never)")
    return gettext("last wrote: as stored (%(age)s ago)") % {"age": duration(max(now - wrote_at, timedelta()))}


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody and when they are subscribed; `subscription` where they are inside already and stay where they are."""

    person: Person
    subscribed_at: datetime
    label: str
    contact: Contact | None = None
    subscription: Subscription | None = None


@dataclass(frozen=True, slots=True)
class Choosers:
    """What the choosers of the panel offer, and what is chosen in each."""

    form: WhoForm
    people: list[Contact]
    channels: list[Channel]
    zones: tuple[str, ...]
    chosen: dict[str, str]


def choosers_of(form: WhoForm, workspace: Workspace, sequence: Sequence | None) -> Choosers:
    form.is_valid()
    values = getattr(form, "cleaned_data", {})
    searched = values.get("search", "")
    people = people_named(workspace, searched) if searched else recent_people(workspace, sequence)
    number = values.get("contact", "")
    if searched and number not in {str(one.pk) for one in people}:
        number = str(people[0].pk) if people else ""
    elif number and number not in {str(one.pk) for one in people}:
        people = [*_contacts(workspace).filter(pk=number_of(number) or 0), *people]
    channels = [one for one in visible(Channel.objects.all(), workspace).order_by("id") if one.kind in KINDS]
    chosen = {
        "contact": number,
        "channel": values.get("channel") or (str(channels[0].pk) if channels else ""),
        "zone": values.get("zone", OWN),
        "wrote": values.get("wrote") or (AS_IT_IS if number else "20"),
        "subscribed": values.get("subscribed") or NOW,
    }
    return Choosers(form, people, channels, ELSEWHERE, chosen)


def who_is_chosen(choosers: Choosers, workspace: Workspace, sequence: Sequence | None, *, now: datetime) -> Who:
    chosen = choosers.chosen
    contact = next((one for one in choosers.people if str(one.pk) == chosen["contact"]), None)
    at = choosers.form.cleaned_data.get("at") if chosen["subscribed"] == AT else None
    subscribed_at = at or now
    subscription = None
    if contact is None:
        channel = next((one for one in choosers.channels if str(one.pk) == chosen["channel"]), None)
        rule = rule_of_channel(channel) if channel else ReplyRule(None)
        person = Person(pick_zone("", None, workspace.time_zone), rule, channel_id=channel.pk if channel else None)
        label = str(_("Somebody made up"))
    else:
        person, label = linked_person(contact, workspace), str(contact)
        if at is None:
            subscription = _inside(contact, sequence)
    return Who(_changed(person, chosen, workspace, subscribed_at), subscribed_at, label, contact, subscription)


def _changed(person: Person, chosen: dict[str, str], workspace: Workspace, subscribed_at: datetime) -> Person:
    """With the zone and the last message that somebody supposes."""
    if chosen["zone"] == WORKSPACE:
        person = dataclasses.replace(person, zone=pick_zone("", None, workspace.time_zone))
    elif chosen["zone"] in ELSEWHERE:
        person = dataclasses.replace(person, zone=pick_zone(chosen["zone"], None, workspace.time_zone))
    if chosen["wrote"] == AS_IT_IS:
        return person
    wrote_at = None
    if chosen["wrote"] != NEVER:
        wrote_at = subscribed_at - timedelta(minutes=int(chosen["wrote"]))
    rule = person.reply_rule._replace(last_interaction_at=wrote_at)
    return dataclasses.replace(person, reply_rule=rule)


def recent_people(workspace: Workspace, sequence: Sequence | None) -> list[Contact]:
    """Those who entered this sequence last, else the newest of all."""
    inside: list[Contact] = []
    if sequence is not None and sequence.pk:
        rows = Subscription.objects.active().filter(sequence=sequence).order_by("-id")[:MOST_OFFERED]
        inside = [row.contact for row in rows.select_related("contact__channel") if row.contact.channel.kind in KINDS]
    return _once([*inside, *_contacts(workspace).order_by("-id")[:MOST_OFFERED]])[:MOST_OFFERED]


def people_named(workspace: Workspace, words: str) -> list[Contact]:
    """Those among the found ones for whom a timeline can be made."""
    return [one for one in found_people(workspace, words, most=MOST_OFFERED) if one.channel.kind in KINDS]


def _once(people: Iterable[Contact]) -> list[Contact]:
    return list({one.pk: one for one in people}.values())


def _contacts(workspace: Workspace) -> Any:
    return visible(Contact.objects.filter(channel__kind__in=list(KINDS)), workspace).select_related("channel")


def _inside(contact: Contact, sequence: Sequence | None) -> Subscription | None:
    if sequence is None or not sequence.pk:
        return None
    found: Subscription | None = Subscription.objects.active().filter(sequence=sequence, contact=contact).first()
    return found
