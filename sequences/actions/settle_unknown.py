"""A person looked whether a doubtful message arrived: that settles it, and nothing is sent for it."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F
from django.db.models.functions import Coalesce

from sequencer.workspaces.actions.audit import record_audit
from sequencer.workspaces.actor import Actor
from sequencer.workspaces.refusals import Conflict
from sequencer.workspaces.transactions import in_one_transaction
from sequences.models import Delivery, DeliveryState, Subscription

# What `reason_details` keeps of a message that somebody found not to have arrived.
SETTLED, NOT_ARRIVED = "settled", "not_arrived"


@in_one_transaction
def settle_unknown(delivery: Delivery, *, has_arrived: bool, now: datetime, actor: Actor) -> Delivery:
    """Unknown becomes sent, or failed for good; the sequence has gone on long since.

    Raises Conflict("not_in_doubt") when an echo or somebody else settled it meanwhile.
    """
    unknown = Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.UNKNOWN)
    won = unknown.update(**_arrived() if has_arrived else _not_arrived(delivery))
    if not won:
        raise Conflict("not_in_doubt")
    row: Delivery = Delivery.objects.get(pk=delivery.pk)
    if has_arrived and row.sent_at:
        # What they answered from then on was an answer to it.
        Subscription.objects.filter(pk=row.subscription_id, first_sent_at=None).update(first_sent_at=row.sent_at)
    before_after = [DeliveryState.UNKNOWN.value, row.state]
    record_audit("settled", row, actor=actor, now=now, changes={"state": before_after})
    return row


def _arrived() -> dict[str, object]:
    at = Coalesce(F("sent_at"), F("request_started_at"), F("decided_at"))
    return {"state": DeliveryState.SENT, "reason": "", "reason_details": {}, "sent_at": at}


def _not_arrived(delivery: Delivery) -> dict[str, object]:
    """The reason stays, for programs know it; the word of whoever looked stands beside it."""
    return {"state": DeliveryState.FAILED, "reason_details": {**delivery.reason_details, SETTLED: NOT_ARRIVED}}
