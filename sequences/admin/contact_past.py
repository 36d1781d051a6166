"""What happened with one person, newest first: what they got and did not get, wrote, entered and left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from channels.models import Contact, Direction, SandboxMessage
from sequencer.workspaces.models import AuditEvent
from sequences.admin.next_message import reason_of
from sequences.models import ContactEvent, Delivery, Subscription, Trial
from sequences.sentences import sentence

MOST_OF_EACH = 30
MOST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Past:
    """One line: when, what, and why; `link` leads to the row it is about."""

    at: datetime
    icon: str
    title: str
    why: str = ""
    link: str = ""


def past_of(contact: Contact, subscriptions: Iterable[Subscription], *, may_test: bool) -> list[Past]:
    """A bounded number of each sort; who may not test is not led to tests."""
    lines = [
        *_deliveries(contact),
        *_subscriptions(subscriptions),
        *_words(contact),
        *_events(contact),
        *_consent(contact),
        *(_trials(contact) if may_test else ()),
    ]
    return sorted(lines, key=lambda line: line.at, reverse=True)[:MOST_SHOWN]


def _deliveries(contact: Contact) -> Iterator[Past]:
    here = Q(contact=contact)
    if contact.person_id:  # what went elsewhere, too, of what they are in here
        here |= Q(subscription__contact=contact)
    rows = Delivery.objects.filter(here, workspace=contact.workspace_id)
    rows = rows.select_related("channel", "step__sub_flow", "subscription__sequence").order_by("-pk")
    for row in rows[:MOST_OF_EACH]:
        name = row.step.title
        words = {"state": row.get_state_display(), "message": name, "sequence": row.subscription.sequence}
        title = _("%(state)s: %(message)s (%(sequence)s)") % words
        icon = {"skipped": "block", "failed": "error", "unknown": "help"}.get(row.state, "send")
        yield Past(
            row.sent_at or row.decided_at,
            icon,
            title,
            reason_of(row),
            reverse("admin:sequences_delivery_change", args=[row.pk]),
        )


def _subscriptions(subscriptions: Iterable[Subscription]) -> Iterator[Past]:
    for row in subscriptions:
        link = reverse("admin:sequences_subscription_change", args=[row.pk])
        yield Past(row.subscribed_at, "login", _("Entered %(sequence)s") % {"sequence": row.sequence}, "", link)
        if row.ended_at:
            why = sentence(row.ended_because) if row.ended_because else ""
            yield Past(row.ended_at, "logout", _("Left %(sequence)s") % {"sequence": row.sequence}, why, link)


def _words(contact: Contact) -> Iterator[Past]:
    """What they wrote is kept in the sandbox only; elsewhere we know when they did something last."""
    if contact.channel.kind != "sandbox":
        if contact.last_interaction_at:
            yield Past(contact.last_interaction_at, "chat", _("Wrote or tapped last"))
        return
    rows = SandboxMessage.objects.filter(contact=contact, direction=Direction.FROM_CONTACT).order_by("-pk")
    for row in rows[:MOST_OF_EACH]:
        text = str(row.content.get("text", ""))[:120]
        yield Past(row.at, "chat", _("Wrote: %(text)s") % {"text": text})


def _events(contact: Contact) -> Iterator[Past]:
    """What outside programs told of them."""
    rows = ContactEvent.objects.filter(contact=contact).order_by("-pk")
    for row in rows[:MOST_OF_EACH]:
        yield Past(row.at, "bolt", _("Event: %(name)s") % {"name": row.name})


def _consent(contact: Contact) -> Iterator[Past]:
    events = AuditEvent.objects.in_workspace(contact.workspace_id).filter(
        object_kind="contact", object_id=contact.pk, verb__in=["opted_out", "opted_in"]
    )
    words: dict[str, Any] = {"opted_out": _("Opted out"), "opted_in": _("Opted in again")}
    for event in events.order_by("-pk")[:MOST_OF_EACH]:
        _before, note = (event.changes.get("note") or [None, ""])[:2]
        why = " · ".join(filter(None, [event.actor_label, str(note or "")]))
        yield Past(event.at, "do_not_disturb_on" if event.verb == "opted_out" else "check", words[event.verb], why)


def _trials(contact: Contact) -> Iterator[Past]:
    rows = Trial.objects.filter(contact=contact).select_related("sequence").order_by("-pk")
    for row in rows[:MOST_OF_EACH]:
        title = _("Test of %(sequence)s") % {"sequence": row.sequence}
        yield Past(row.requested_at, "science", title, row.sent_by, reverse("admin:sequences_trial", args=[row.pk]))
