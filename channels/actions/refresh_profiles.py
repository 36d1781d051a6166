"""Read who people are from their provider: names, language, and the clock on their wall."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from django.db.models import Q

from channels.ask import account_of, run_asks
from channels.backends import backend_for
from channels.backends.questions import Ask, Profile
from channels.errors import ChannelError
from channels.messages import Account
from channels.models import Channel, Contact, ProfileHint
from channels.secrets import SecretsUnreadable
from channels.signals import contact_changed
from sequencer.workspaces.transactions import in_one_transaction

log = logging.getLogger(__name__)

FRESH_FOR = timedelta(days=7)  # what Meta tells is an offset, which knows no summer time
ASKED_AGAIN_AFTER = timedelta(hours=1)

Asking = Callable[[Sequence[Ask[Profile]]], list[Profile | ChannelError]]


def mark_due_profiles(channel: Channel, people: Iterable[Contact], *, now: datetime) -> list[int]:
    """Ids of those who wrote and of whom we know nothing, or nothing recent; marked, so that nobody else asks too."""
    wanted = {contact.pk for contact in people if _is_due(contact, now)}
    if not wanted or not shows_profiles(channel.kind):
        return []
    Contact.objects.filter(pk__in=wanted).update(profile_asked_at=now)
    return sorted(wanted)


def shows_profiles(kind: str) -> bool:
    """Whether the provider of such channels can be asked who somebody is."""
    return backend_for(kind).profile("", Account()) is not None


def read_profiles(contact_ids: Sequence[int], *, now: datetime, ask: Asking = run_asks) -> int:
    """Ask for these people's profiles and write what is shown; how many came. What fails is asked again later."""
    asked = list(_questions(Contact.objects.filter(pk__in=contact_ids).select_related("channel").order_by("pk")))
    answers = ask([question for _, question in asked])
    told = 0
    for (contact, _), answer in zip(asked, answers, strict=True):
        if isinstance(answer, ChannelError):
            log.warning("a profile could not be read: %s", answer.detail, extra={"contact": contact.pk})
        else:
            write_profile(contact, answer, now=now)
            told += 1
    return told


@in_one_transaction
def write_profile(contact: Contact, profile: Profile, *, now: datetime) -> None:
    """Fill in names and language where nothing stands yet; the offset is always the provider's latest word."""
    row: Contact | None = Contact.objects.select_for_update(no_key=True).filter(pk=contact.pk).first()
    if row is None:
        return
    for name in ("first_name", "last_name", "language"):
        setattr(row, name, getattr(row, name) or getattr(profile, name))
    is_other_clock = profile.utc_offset_minutes not in (None, row.utc_offset_minutes)
    if is_other_clock:
        row.utc_offset_minutes = profile.utc_offset_minutes
    row.profile_read_at = now
    row.save(update_fields=["first_name", "last_name", "language", "utc_offset_minutes", "profile_read_at"])
    _note_hint(contact.channel, profile)
    if is_other_clock:
        contact_changed.send(Contact, contact=row, now=now)


def _is_due(contact: Contact, now: datetime) -> bool:
    is_fresh = contact.profile_read_at is not None and contact.profile_read_at > now - FRESH_FOR
    was_asked = contact.profile_asked_at is not None and contact.profile_asked_at > now - ASKED_AGAIN_AFTER
    return not is_fresh and not was_asked


def _questions(contacts: Iterable[Contact]) -> Iterable[tuple[Contact, Ask[Profile]]]:
    for contact in contacts:
        try:
            account = account_of(contact.channel)
        except SecretsUnreadable:
            log.exception("the credentials of a channel cannot be read", extra={"channel": contact.channel_id})
            continue
        if question := backend_for(contact.channel.kind).profile(contact.address, account):
            yield contact, question


def _note_hint(channel: Channel, profile: Profile) -> None:
    """The channel's page tells owners what is missing; one profile that shows everything takes the hint away."""
    has_time_zone = backend_for(channel.kind).capabilities.has_time_zone
    if profile.utc_offset_minutes is not None:
        hint = ""
    elif not profile.may_read:
        hint = ProfileHint.NO_PROFILE.value
    elif profile.first_name or profile.last_name:
        hint = ProfileHint.NO_TIME_ZONE.value if has_time_zone else ""
    else:
        return
    Channel.objects.filter(~Q(profile_hint=hint), pk=channel.pk).update(profile_hint=hint)
