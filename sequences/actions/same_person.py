"""What somebody does on one channel, or cannot be reached on, and what it means for messages to them on others."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q

from channels.models import Contact
from sequencer.workspaces.actor import Actor
from sequences.actions.unsubscribe import stop_subscriptions
from sequences.models import Delivery, Sequence, Subscription, SubscriptionState
from sequences.models.subscription import SubscriptionQuerySet
from sequences.rules.reasons import EndedBecause
from sequences.rules.steps import kinds_in


def stop_where_they_replied_elsewhere(replied: Mapping[int, datetime], *, now: datetime) -> None:
    """An answer to a message that had fallen back is an answer to its sequence."""
    sent = Delivery.objects.filter(
        contact__in=replied.keys(),
        sent_at__isnull=False,
        subscription__state=SubscriptionState.ACTIVE,
        subscription__sequence__stop_on_reply=True,
    ).exclude(subscription__contact=F("contact"))
    rows = sent.values_list("subscription_id", "contact_id", "sent_at") if replied else ()
    if answered := {number for number, contact, sent_at in rows if sent_at <= replied[contact]}:
        stop_subscriptions(answered, because=EndedBecause.REPLIED, now=now)


def inside(sequence: Sequence, contact: Contact) -> SubscriptionQuerySet:
    """What they are in of this sequence: by themselves, or by another contact whose messages came to them here."""
    came = Delivery.objects.filter(subscription=OuterRef("pk"), contact=contact)
    rows = Subscription.objects.active().filter(sequence=sequence, workspace=contact.workspace_id)
    return rows.filter(Q(contact=contact) | Exists(came))


def leave(sequence: Sequence, contact: Contact, *, now: datetime, actor: Actor) -> int:
    """They want out of it, said where its messages reach them; of how many subscriptions."""
    rows = inside(sequence, contact).values_list("pk", flat=True)
    return stop_subscriptions(list(rows), because=EndedBecause.UNSUBSCRIBED, now=now, actor=actor)


def with_the_same_people(people: Collection[int | None], wrote: Mapping[int, datetime]) -> dict[int, datetime]:
    """`wrote`, and the others of these people: a message that holds for a word may go where they gave it."""
    same = Contact.objects.filter(person__in=[one for one in people if one is not None])
    rows = list(same.values_list("pk", "person_id")) if people else []
    latest: dict[int, datetime] = {}
    for number, person in rows:
        if number in wrote:
            latest[person] = max(wrote[number], latest.get(person, wrote[number]))
    return {**{number: latest[person] for number, person in rows if person in latest}, **wrote}


def come_home(wrote: Mapping[int, datetime]) -> None:
    """Whoever wrote here may be reached here: what waits in another channel's line is decided anew at home."""
    away = Subscription.objects.active().filter(contact__in=wrote.keys(), run=None)
    away = away.exclude(channel=F("contact__channel"))
    for number, channel in away.order_by("pk").values_list("pk", "contact__channel"):
        Subscription.objects.filter(pk=number, run=None).update(channel=channel)


def may_go_on_elsewhere(contact: Contact, active: SubscriptionQuerySet) -> list[int]:
    """Of somebody who can no longer be reached here: whose next message names a channel where they still can."""
    same = Contact.objects.filter(person=contact.person_id, workspace=contact.workspace_id).exclude(pk=contact.pk)
    kinds = set(same.filter(opted_out_at=None, blocked_at=None).values_list("channel__kind", flat=True))
    rows = active.values_list("pk", "next_step__fall_back_to") if kinds else ()
    return [number for number, named in rows if kinds & set(kinds_in(named or ""))]
