"""Play a sequence to a made-up person, step by step, whenever somebody looks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from channels.messages import LocalMessage
from channels.models import Channel
from channels.sandbox import content_of
from sequencer.workspaces.models import User
from sequencer.workspaces.moments import LATEST
from sequencer.workspaces.transactions import in_one_transaction
from sequences.actions.rehearsal_scene import (
    MadeUpPerson,
    latest_moment,
    note_stand,
    note_tag,
    scene_of,
    stand_of,
    stored,
)
from sequences.models import LineKind, Rehearsal, RehearsalLine, Sequence
from sequences.rules.payloads import decode
from sequences.rules.reasons import EndedBecause
from sequences.rules.rendering import ActionPart, MessagePart
from sequences.rules.walk import Event, Scene, Stand, end, reply, upcoming, walk

MAX_TEXT = 2000
MOST_LINES = 2000
FORGOTTEN_AFTER = timedelta(hours=24)
FORGOTTEN_AT_ONCE = 100
FASTEST = 86_400.0 * 7


class Ahead(StrEnum):
    """How far somebody puts the virtual clock forward."""

    NEXT = "next"
    HOUR = "hour"
    DAY = "day"


_FORWARD = {Ahead.HOUR: timedelta(hours=1), Ahead.DAY: timedelta(days=1)}


@dataclass(frozen=True, slots=True)
class Played:
    """A rehearsal at a moment of its own clock."""

    rehearsal: Rehearsal
    scene: Scene
    stand: Stand


@in_one_transaction
def start_rehearsal(
    sequence: Sequence,
    channel: Channel,
    person: MadeUpPerson,
    *,
    wrote_at: datetime | None,
    speed: float,
    user: User | None,
    now: datetime,
) -> Rehearsal:
    """Subscribe the made-up person at `now`, which is where the virtual clock begins; what goes at once is played."""
    made = Rehearsal.objects.create(
        workspace_id=sequence.workspace_id,
        sequence=sequence,
        channel=channel,
        started_by=user,
        person=stored(person),
        speed=_sane(speed),
        started_at=now,
        virtual_at=now,
        real_at=now,
        touched_at=now,
        countdown_started_at=now,
        last_interaction_at=wrote_at,
    )
    return _play(_taken(made.pk), until=now, now=now).rehearsal


@in_one_transaction
def advance_rehearsal(rehearsal_id: int, *, now: datetime) -> Played:
    """Everything that has become due on the virtual clock by now."""
    row = _taken(rehearsal_id)
    return _play(row, until=latest_moment(row, now), now=now)


@in_one_transaction
def put_forward(rehearsal_id: int, ahead: Ahead, *, now: datetime) -> Played:
    """Put the virtual clock forward: to the next message, or by a while."""
    played = advance_rehearsal(rehearsal_id, now=now)
    row, until = played.rehearsal, played.rehearsal.virtual_at
    if ahead == Ahead.NEXT:
        plan = upcoming(played.stand, played.scene)
        until = max(until, plan.next_send_at) if plan and plan.next_send_at else until
    elif not row.ended_because:
        until += _FORWARD[ahead]
    return _play(row, until=until, now=now)


@in_one_transaction
def set_speed(rehearsal_id: int, speed: float, *, now: datetime) -> Rehearsal:
    """Another pace from now on; 0 lets the clock stand still."""
    row = advance_rehearsal(rehearsal_id, now=now).rehearsal
    row.speed = _sane(speed)
    row.save(update_fields=["speed"])
    return row


@in_one_transaction
def answer_rehearsal(rehearsal_id: int, text: str, *, payload: str = "", now: datetime) -> Played:
    """The person writes, or taps a button that carries `payload`, at what the virtual clock shows."""
    played = advance_rehearsal(rehearsal_id, now=now)
    row, at = played.rehearsal, played.rehearsal.virtual_at
    _add(row, [_line(row, LineKind.ANSWER, at, content={"type": "text", "text": text[:MAX_TEXT]})])
    stand, events = reply(played.stand, played.scene, at)
    action, _own = decode(payload) if payload else (None, "")
    if action is not None:
        _add(row, [_act(row, ActionPart(action.verb, action.sequence, action.tag), at)])
        if action.verb == "unsubscribe" and action.sequence == played.scene.own_id and not stand.ended_because:
            stand, more = end(stand, EndedBecause.UNSUBSCRIBED, at)
            events = [*events, *more]
    _store(row, stand, events)
    return _play(row, until=at, now=now)


def forget_rehearsals(*, now: datetime) -> int:
    """Drop a batch of those that nobody has looked at for a day; how many."""
    old = Rehearsal.objects.filter(touched_at__lte=now - FORGOTTEN_AFTER)
    return old.order_by("touched_at").drop_first(FORGOTTEN_AT_ONCE)


def _taken(rehearsal_id: int) -> Rehearsal:
    """Two pages that look at the same rehearsal go one after the other."""
    rows = Rehearsal.objects.select_for_update(of=("self",), no_key=True)
    taken: Rehearsal = rows.select_related("sequence__workspace", "channel").get(pk=rehearsal_id)
    return taken


def _play(row: Rehearsal, *, until: datetime, now: datetime) -> Played:
    scene, until = scene_of(row), min(until, LATEST)
    stand, events = walk(stand_of(row), scene, until)
    row.virtual_at, row.real_at, row.touched_at = until, now, now
    if stand.ended_because and events:
        row.virtual_at = max(row.started_at, min(until, events[-1].at))
    _store(row, stand, events)
    return Played(row, scene, stand)


def _store(row: Rehearsal, stand: Stand, events: Iterable[Event]) -> None:
    lines: list[RehearsalLine] = []
    for event in events:
        lines += _lines_of(row, event)
    _add(row, lines)
    note_stand(row, stand)
    row.save()


def _lines_of(row: Rehearsal, event: Event) -> list[RehearsalLine]:
    """A note that says what happened and why, and the bubbles that the person sees."""
    lines = [_line(row, LineKind.NOTE, event.at, code=event.happening.value, content=_facts(event))]
    for place, (at, part) in enumerate(event.parts):
        if isinstance(part, ActionPart):
            lines.append(_act(row, part, at))
        elif isinstance(part, MessagePart) and event.step and event.route:
            shown = LocalMessage(
                contact_id=0,
                channel_id=0,
                key=str(place),
                content=part.content,
                notification_type=event.step.notification_type,
                route=event.route,
                content_type=event.step.content_type,
            )
            lines.append(_line(row, LineKind.MESSAGE, at, content=content_of(shown)))
    return lines


def _facts(event: Event) -> dict[str, Any]:
    ends_at = event.countdown_ends_at
    return {
        "step": event.step.id if event.step else None,
        "because": event.because.value if event.because else "",
        "countdown_ends_at": ends_at.isoformat() if ends_at and ends_at < event.at else "",
        "reason": (event.reason or event.ended_because or ""),
        "detail": event.detail[:500],
    }


def _act(row: Rehearsal, part: ActionPart, at: datetime) -> RehearsalLine:
    """Tags are put on the made-up person; other sequences are named, and nobody enters them."""
    if part.tag:
        note_tag(row, part.tag, is_added=part.verb == "add_tag")
    return _line(row, LineKind.NOTE, at, code=part.verb, content={"tag": part.tag, "sequence": part.sequence})


def _line(row: Rehearsal, kind: LineKind, at: datetime, *, content: dict[str, Any], code: str = "") -> RehearsalLine:
    return RehearsalLine(
        workspace_id=row.workspace_id, rehearsal=row, kind=kind, at=min(at, LATEST), content=content, code=code
    )


def _add(row: Rehearsal, lines: list[RehearsalLine]) -> None:
    """At the end, up to a number that nobody reads through."""
    if not lines:
        return
    number = row.lines.order_by("-number").values_list("number", flat=True).first() or 0
    for line in lines:
        number += 1
        line.number = number
    RehearsalLine.objects.bulk_create(line for line in lines if line.number <= MOST_LINES)


def _sane(speed: float) -> float:
    return min(max(speed, 0.0), FASTEST)
