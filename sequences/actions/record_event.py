"""An outside program tells that something happened to a contact."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from channels.models import Contact
from sequencer.workspaces.actor import Actor
from sequencer.workspaces.moments import check_moment
from sequencer.workspaces.refusals import Refused
from sequencer.workspaces.transactions import in_one_transaction
from sequences.actions.event_rules import RuleOutcome, apply_event_rules
from sequences.models import ContactEvent
from sequences.rules.event_names import NOTICED, check_event_name
from sequences.rules.problems import Problem

BATCH = 500


@in_one_transaction
def record_event(
    contact: Contact, name: str, *, at: datetime, data: Mapping[str, Any], now: datetime, actor: Actor
) -> tuple[ContactEvent, list[RuleOutcome]]:
    """Store the event and do what the sequences' rules say of it. Raises Refused."""
    refuse_wrong_event(name, at, now=now)
    stored = ContactEvent.objects.create(
        workspace_id=contact.workspace_id, contact=contact, name=name, at=at, data=dict(data), received_at=now
    )
    return stored, apply_event_rules(contact.workspace_id, {name: [contact]}, now=now, actor=actor)


def refuse_wrong_event(name: str, at: datetime, *, now: datetime) -> None:
    """Raise Refused with everything that is wrong with an event of this name at this moment."""
    problems = check_event_name("name", name)
    if name in NOTICED:
        # Told by hand it would start what waits for the person's own words; interactions/ tells of those.
        problems.append(Problem("name", "event_is_noticed"))
    if at > now:
        problems.append(Problem("at", "in_the_future"))
    if problems:
        raise Refused(problems)
    if out_of_range := check_moment("at", at):
        raise Refused(out_of_range)


def forget_old_contact_events(*, now: datetime, kept_for: timedelta) -> int:
    """Drop a batch of what happened long ago; how many."""
    return ContactEvent.objects.filter(received_at__lte=now - kept_for).order_by("received_at").drop_first(BATCH)
