"""Contacts to which a provider would not let this very message go: kept with its delivery until it is over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from channels.models import Contact
from sequences.rules.reasons import Reason

REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Refusal:
    why: Reason
    at: datetime


Refusals = Mapping[int, Refusal]  # by contact


def noted_refusals(refused: Refusals) -> dict[str, Any]:
    """What `Delivery.reason_details` keeps of them."""
    kept = {str(contact): [one.why.value, one.at.isoformat()] for contact, one in refused.items()}
    return {REFUSED: kept} if kept else {}


def refusals_in(details: Mapping[str, Any]) -> dict[int, Refusal]:
    kept = details.get(REFUSED, {})
    return {int(contact): Refusal(Reason(why), datetime.fromisoformat(at)) for contact, (why, at) in kept.items()}


def refusal_of(contact: Contact, details: Mapping[str, Any]) -> Reason | None:
    """Why it may not go to this contact, unless they wrote since."""
    one, wrote_at = refusals_in(details).get(contact.pk), contact.last_interaction_at
    return None if one is None or (wrote_at is not None and wrote_at > one.at) else one.why
