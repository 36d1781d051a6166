"""What happens on a channel and matters to sequences; each receiver calls one action, in the sender's transaction."""

from __future__ import annotations

from collections.abc import Sequence as Rows
from datetime import datetime
from typing import Any

from channels.events import Echo, Receipt
from channels.inbound import Interaction
from channels.messages import InboundKind
from channels.models import Channel, Contact
from channels.signals import contact_changed, contact_unavailable, people_interacted, receipts_arrived
from sequencer.workspaces.models import Workspace
from sequencer.workspaces.signals import time_zone_changed
from sequences.actions.event_rules import apply_event_rules
from sequences.actions.interactions import end_all_of_contact, react_to_interactions, replan_contact
from sequences.actions.locking import take_sequence
from sequences.actions.receipts import receive
from sequences.actions.recompute import start_recompute
from sequences.models import Sequence
from sequences.rules.event_names import BUTTON_TAPPED, MESSAGE_RECEIVED
from sequences.rules.reasons import EndedBecause

NOTICED_AS = {InboundKind.MESSAGE: MESSAGE_RECEIVED, InboundKind.BUTTON: BUTTON_TAPPED}


def connect() -> None:
    people_interacted.connect(_on_interactions)
    receipts_arrived.connect(_on_receipts)
    contact_unavailable.connect(_on_unavailable)
    contact_changed.connect(_on_change)
    time_zone_changed.connect(_on_workspace_zone)


def _on_interactions(*, interactions: Rows[Interaction], now: datetime, **others: Any) -> None:
    react_to_interactions(interactions, now=now)
    _apply_rules(interactions, now=now)


def _apply_rules(interactions: Rows[Interaction], *, now: datetime) -> None:
    """What people say is an event too; each once, however much they said in one go."""
    people: dict[str, dict[int, Contact]] = {}
    for one in interactions:
        if one.kind in NOTICED_AS:
            people.setdefault(NOTICED_AS[one.kind], {})[one.contact.pk] = one.contact
    if people:
        named = {name: list(contacts.values()) for name, contacts in people.items()}
        apply_event_rules(interactions[0].contact.workspace_id, named, now=now)


def _on_receipts(*, channel: Channel, receipts: Rows[Receipt | Echo], now: datetime, **others: Any) -> None:
    receive(channel, receipts, now=now)


def _on_unavailable(*, contact: Contact, because: str, now: datetime, **others: Any) -> None:
    end_all_of_contact(contact, because=EndedBecause(because), now=now)


def _on_change(*, contact: Contact, now: datetime, **others: Any) -> None:
    replan_contact(contact, now=now)


def _on_workspace_zone(*, workspace: Workspace, now: datetime, **others: Any) -> None:
    for number in Sequence.objects.in_workspace(workspace).in_use().order_by("pk").values_list("pk", flat=True):
        start_recompute(take_sequence(number), now=now)
