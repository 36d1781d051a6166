"""Whether somebody can be written to now, by opt-outs and the 24-hour rule, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from channels import window
from channels.models import Contact
from sequences.actions.forecast import rule_of_channel
from sequences.admin.timeline_words import duration
from sequences.rules.reasons import Reason
from sequences.sentences import sentence


@dataclass(frozen=True, slots=True)
class Receiver:
    """A contact whom a test could go to; `chat` is where one writes as them to open the 24 hours."""

    contact: Contact
    can_receive: bool
    words: str
    chat: str = ""


def receiver(contact: Contact, *, now: datetime) -> Receiver:
    if contact.opted_out_at:
        return Receiver(contact, False, _("opted out"))
    if contact.blocked_at:
        return Receiver(contact, False, _("blocked us"))
    if window.is_open(contact.last_interaction_at, rule_of_channel(contact.channel).length, now=now):
        return Receiver(contact, True, _("can receive now"))
    is_sandbox = contact.channel.kind == "sandbox"
    chat = reverse("admin:sandbox_chat", args=[contact.pk]) if is_sandbox else ""
    return Receiver(contact, False, last_wrote(contact, now=now), chat)


def last_wrote(contact: Contact, *, now: datetime) -> str:
    if contact.last_interaction_at is None:
        return _("never wrote")
    return _("last wrote %(age)s ago") % {"age": duration(now - contact.last_interaction_at)}


def why_not(reason: str, contact: Contact, *, now: datetime) -> Any:
    """The sentence of a reason; of the 24-hour rule it says which of its two cases this is, as of `now`."""
    if reason != Reason.REPLY_WINDOW_CLOSED:
        return sentence(reason) if reason else ""
    if contact.last_interaction_at is None:
        return _("This person has never written on this channel, so the 24-hour rule lets nothing go.")
    if contact.last_interaction_at > now:
        return sentence(reason)
    return _("More than 24 hours have passed: this person last wrote %(age)s before.") % {
        "age": duration(now - contact.last_interaction_at)
    }
