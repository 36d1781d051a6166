"""What the answers of a wave mean for their channels: trouble, recovery, attempts given back, pause by the account."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import F

from channels.models import Channel
from sequences.actions.locking import share_sequences
from sequences.actions.recompute import recompute
from sequences.models import Delivery, DeliveryState, Subscription
from sequences.rules.health import Failing, Health, Observation, observe
from sequences.sql import dialect


def health_of(channel: Channel) -> Health:
    failing = tuple(Failing(contact, delivery) for contact, delivery in channel.failing)
    return Health(channel.trouble_rounds, channel.trouble_until, failing)


def store_health(channel: Channel, health: Health) -> None:
    Channel.objects.filter(pk=channel.pk).update(
        trouble_rounds=health.rounds,
        trouble_until=health.until,
        failing=[[failing.contact_id, failing.delivery_id] for failing in health.failing],
    )


def note_answers(observations: dict[int, list[Observation]], *, now: datetime) -> None:
    """Carry a wave's answers, by channel and in order, to the channels' health; a healthy one costs no write."""
    known = dialect().rows_of(Channel, ("id", "trouble_rounds", "failing"), observations)
    concerned = {number for number, rounds, failing in known if rounds or failing}
    concerned |= {number for number, seen in observations.items() if any(one.sign != "works" for one in seen)}
    if not concerned:
        return
    rows = Channel.objects.filter(pk__in=concerned)
    for channel in rows.select_for_update(no_key=True).order_by("pk"):
        _note(channel, observations[channel.pk], now=now)


def free_probe(channel_id: int, *, now: datetime) -> None:
    """The probe that was claimed needed no request: another one may go at once."""
    Channel.objects.filter(pk=channel_id, trouble_rounds__gt=0).update(trouble_until=now)


def _note(channel: Channel, seen: Sequence[Observation], *, now: datetime) -> None:
    health, given_back = health_of(channel), list[int]()
    for one in seen:
        health, blameless = observe(health, one, now=now)
        given_back += blameless
    store_health(channel, health)
    if given_back:
        _give_attempts_back(given_back, now=now)


def _give_attempts_back(delivery_ids: Iterable[int], *, now: datetime) -> None:
    """It was not these messages' fault: they are due as before, each within its own window."""
    waiting = Delivery.objects.filter(pk__in=list(delivery_ids), state=DeliveryState.WAITING, attempts__gt=0)
    concerned = dict(waiting.order_by("pk").values_list("subscription_id", "subscription__sequence_id"))
    sequences = share_sequences(concerned.values())
    list(waiting.order_by("pk").select_for_update(no_key=True))
    waiting.update(attempts=F("attempts") - 1)
    held = Subscription.objects.active().filter(pk__in=concerned, run=None, next_send_at__isnull=False)
    people = list(held.select_related("contact").select_for_update(of=("self",), no_key=True).order_by("pk"))
    held.update(not_before_at=now, next_because="")
    for row in people:
        row.not_before_at, row.next_because = now, ""
    for sequence in sequences.values():
        recompute(sequence, [row for row in people if row.sequence_id == sequence.pk], now=now)
