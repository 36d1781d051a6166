"""What comes next for one person, sequence by sequence: the engine's rules, walked on from where they stand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import chain
from typing import Any

from django.utils.translation import gettext as _

from channels.models import Contact
from sequencer.workspaces.moments import LATEST
from sequences.actions.forecast import bound_templates, linked_person, others_for
from sequences.actions.planning import zone_of
from sequences.actions.recompute import begun_among
from sequences.actions.steps import steps_of
from sequences.admin.elsewhere_words import elsewhere_of
from sequences.admin.sequence_page import clock_in
from sequences.models import SequenceState, Step, Subscription
from sequences.rules.reasons import Because, EndedBecause
from sequences.rules.walk import Event, Happening, Scene, Stand, upcoming, walk
from sequences.rules.zones import Zone
from sequences.sentences import sentence

MOST_AHEAD = 10


@dataclass(frozen=True, slots=True)
class Ahead:
    """One subscription and what is ahead; `note` is what stands in the way of all of it.

    `others` are the messages that could come next instead, by number.
    """

    subscription: Subscription
    lines: list[dict[str, Any]]
    note: str = ""
    others: tuple[tuple[int, str], ...] = ()


def futures_of(contact: Contact, subscriptions: Iterable[Subscription], *, now: datetime) -> list[Ahead]:
    """Of the active ones among `subscriptions`, which have their sequence and channel loaded."""
    active = [row for row in subscriptions if row.state == "active"]
    if not active:
        return []
    steps = steps_of({row.sequence_id for row in active})
    named = {step.pk: step for step in Step.objects.filter(sequence__in=steps).select_related("sub_flow")}
    content = {step.sub_flow_id for step in named.values()}
    bound = bound_templates(contact.workspace, chain.from_iterable(steps.values()))
    begun, futures = begun_among(active), list[Ahead]()
    person = linked_person(contact, contact.workspace)
    for row in active:
        zone = zone_of(contact, row.sequence.workspace.time_zone)
        templated = {number for number in content if bound.may_send(contact.channel_id, number)}
        scene = Scene(
            steps[row.sequence_id],
            zone.tz,
            person.reply_rule,
            templated,
            row.sequence.stop_on_reply,
            others=partial(others_for, person, bound),
            is_gone=contact.is_gone,
        )
        stand = _stand(row, contact, has_begun=(row.pk, row.next_step_id) in begun)
        futures.append(replace(_ahead(row, scene, stand, named, zone, now), others=_others(row, scene, named)))
    return futures


def _others(row: Subscription, scene: Scene, named: dict[int, Step]) -> tuple[tuple[int, str], ...]:
    done = {*row.done_steps, row.next_step_id}
    return tuple((step.id, named[step.id].title) for step in scene.steps if step.is_open and step.id not in done)


def _stand(row: Subscription, contact: Contact, *, has_begun: bool) -> Stand:
    return Stand(
        countdown_started_at=row.countdown_started_at,
        last_step_id=row.last_step_id,
        done=tuple(row.done_steps),
        not_before_at=row.not_before_at,
        has_begun=has_begun,
        first_sent_at=row.first_sent_at,
        last_interaction_at=contact.last_interaction_at,
        waits_for_reply=row.next_send_at is None and row.next_because == Because.REPLY_WINDOW_CLOSED,
    )


def _ahead(row: Subscription, scene: Scene, stand: Stand, named: dict[int, Step], zone: Zone, now: datetime) -> Ahead:
    if row.sequence.state == SequenceState.PAUSED:
        return Ahead(row, [], _("The sequence is paused: the countdown stands still until it is resumed."))
    if stand.waits_for_reply:
        return Ahead(row, [], _("The 24-hour rule holds the next message: it goes as soon as the person writes."))
    plan = upcoming(stand, scene)
    if plan and plan.next_send_at and plan.next_send_at <= now:
        # What is late is decided when it goes, not when it was due.
        stand = replace(stand, not_before_at=max(now, stand.not_before_at or now))
    try:
        _end, events = walk(stand, scene, LATEST)
    except OverflowError:
        return Ahead(row, [])
    lines = [_line(event, named, zone) for event in events if _is_worth_a_line(event)]
    note = sentence(Because.CHANNEL_PAUSED) if row.channel.is_paused else ""
    return Ahead(row, lines[:MOST_AHEAD], note)


def _is_worth_a_line(event: Event) -> bool:
    return event.step is not None or event.ended_because != EndedBecause.COMPLETED


def _line(event: Event, named: dict[int, Step], zone: Zone) -> dict[str, Any]:
    step = named.get(event.step.id) if event.step else None
    because = sentence(event.because) if event.because and event.because != Because.COUNTDOWN else ""
    reason = sentence(event.reason or event.ended_because or "") if event.reason or event.ended_because else ""
    return {
        "moment": clock_in(zone, event.at),
        "message": step.title if step else _("The sequence ends"),
        "is_sent": event.happening == Happening.SENT,
        "word": {
            Happening.SKIPPED: _("will not go"),
            Happening.HELD: _("will wait"),
            Happening.ENDED: "",
        }.get(event.happening, ""),
        "why": " ".join(filter(None, [because, reason, elsewhere_of(event.via, event.instead_because)])),
    }
