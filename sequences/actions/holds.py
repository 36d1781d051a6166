"""Messages that wait for a word of the person: nobody waits for one that comes while this is decided."""

from __future__ import annotations

from channels.models import Contact
from sequences.actions.settle import PutBack, WaitForReply
from sequences.actions.take_off import Case, Wave


def settle_holds(wave: Wave) -> None:
    """They may be writing at this very moment: their rows are locked and read again before we wait for them."""
    seen = {case.subscription.pk: _whose_word_counts(case, wave) for case in wave.holds}
    people = sorted({one.pk for contacts in seen.values() for one in contacts})
    rows = Contact.objects.select_for_update(no_key=True).filter(pk__in=people).order_by("pk") if people else ()
    written_at = {row.pk: row.last_interaction_at for row in rows}
    for case in wave.holds:
        subscription = case.subscription
        if all(written_at.get(one.pk) == one.last_interaction_at for one in seen[subscription.pk]):
            wave.settle(subscription, WaitForReply())
        else:
            wave.settle(subscription, PutBack(subscription.not_before_at, has_begun=case.has_begun))


def _whose_word_counts(case: Case, wave: Wave) -> list[Contact]:
    """The person here, and elsewhere for a message that may go there."""
    contact = case.subscription.contact
    return [contact, *(wave.shelf.ways.others_of(contact) if case.step.fall_back_to else ())]
