"""What happens on a channel and matters to sequences; each receiver calls one action, in the sender's transaction."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from collections.abc import Sequence as Rows
from datetime import datetime
from typing import Any

from django.db import DatabaseError, InterfaceError

from channels.events import Echo, Receipt, Undelivered
from channels.inbound import Interaction
from channels.models import Channel, Contact
from channels.signals import (
    contact_changed,
    contact_erased,
    contact_unavailable,
    messages_failed,
    people_interacted,
    receipts_arrived,
    receipts_told,
    webhook_answered,
)
from sequencer.workspaces.models import Workspace
from sequencer.workspaces.signals import time_zone_changed
from sequences.actions.counters import count, store_now_and_then
from sequences.actions.forget_person import forget_person
from sequences.actions.interactions import end_all_of_contact, react_to_interactions, replan_contact
from sequences.actions.locking import take_sequence
from sequences.actions.receipts import receive
from sequences.actions.receipts_at_once import receive_at_once
from sequences.actions.recompute import start_recompute
from sequences.actions.undelivered import hear_failures
from sequences.models import Sequence
from sequences.rules.reasons import EndedBecause

log = logging.getLogger(__name__)


def connect() -> None:
    people_interacted.connect(_on_interactions)
    receipts_told.connect(_on_told)
    receipts_arrived.connect(_on_receipts)
    messages_failed.connect(_on_failures)
    contact_unavailable.connect(_on_unavailable)
    contact_changed.connect(_on_change)
    contact_erased.connect(_on_erasure)
    time_zone_changed.connect(_on_workspace_zone)
    webhook_answered.connect(_on_webhook)


def _on_interactions(*, interactions: Rows[Interaction], now: datetime, **others: Any) -> None:
    react_to_interactions(interactions, now=now)


def _on_told(*, channel: Channel, receipts: Rows[Receipt | Echo], now: datetime, **others: Any) -> bool:
    return receive_at_once(channel, receipts, now=now)


def _on_receipts(
    *, channel: Channel, receipts: Rows[Receipt | Echo], people: Mapping[str, Contact], now: datetime, **others: Any
) -> None:
    receive(channel, receipts, people, now=now)


def _on_failures(*, channel: Channel, failures: Rows[Undelivered], now: datetime, **others: Any) -> None:
    hear_failures(channel, failures, now=now)


def _on_unavailable(*, contact: Contact, because: str, now: datetime, **others: Any) -> None:
    end_all_of_contact(contact, because=EndedBecause(because), now=now)


def _on_change(*, contact: Contact, now: datetime, **others: Any) -> None:
    replan_contact(contact, now=now)


def _on_erasure(*, contact: Contact, address: str, now: datetime, **others: Any) -> None:
    forget_person(contact, address=address, now=now)


def _on_workspace_zone(*, workspace: Workspace, now: datetime, **others: Any) -> None:
    for number in Sequence.objects.in_workspace(workspace).in_use().order_by("pk").values_list("pk", flat=True):
        start_recompute(take_sequence(number), now=now)


def _on_webhook(*, kind: str, result: str, **others: Any) -> None:
    """Figures are never the reason why a provider gets no answer."""
    count("webhooks_in_total", (kind, result))
    try:
        store_now_and_then(os.getpid())
    except (DatabaseError, InterfaceError):
        log.exception("figures could not be stored; they are kept")
