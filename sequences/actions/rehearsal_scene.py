"""From a stored rehearsal to what the rules walk through: where the person stands, and by which settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from channels.backends import Backend, backend_for
from channels.messages import Route
from sequences.actions.forecast import rule_of_channel
from sequences.actions.shelf import Content, contents_of
from sequences.actions.steps import steps_of
from sequences.models import Rehearsal
from sequences.rules.reasons import EndedBecause, Reason
from sequences.rules.rendering import MessagePart, RenderingFailed
from sequences.rules.walk import Made, Scene, Stand
from sequences.rules.zones import Zone, pick_zone

NO_TIME = timedelta()
# A page asks every second; one that is hidden, or closed, does not.
LOOKED_AWAY = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class MadeUpPerson:
    """Whoever a sequence is rehearsed with; made up, or like a contact who never hears of it."""

    first_name: str = ""
    last_name: str = ""
    language: str = ""
    time_zone: str = ""
    utc_offset_minutes: int | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    tags: tuple[str, ...] = ()

    def values(self) -> dict[str, Any]:
        """As texts are filled in with."""
        full_name = f"{self.first_name} {self.last_name}".strip()
        own = {"first_name": self.first_name, "last_name": self.last_name, "language": self.language}
        return {**own, "full_name": full_name, "fields": dict(self.fields)}


def person_of(rehearsal: Rehearsal) -> MadeUpPerson:
    return MadeUpPerson(**{**rehearsal.person, "tags": tuple(rehearsal.person.get("tags", ()))})


def zone_of(rehearsal: Rehearsal) -> Zone:
    person = person_of(rehearsal)
    return pick_zone(person.time_zone, person.utc_offset_minutes, rehearsal.sequence.workspace.time_zone)


def scene_of(rehearsal: Rehearsal) -> Scene:
    """By the settings as they are now: an edit counts for what has not been played yet."""
    sequence, backend = rehearsal.sequence, backend_for(rehearsal.channel.kind)
    steps = steps_of([sequence.pk])[sequence.pk]
    contents = contents_of({step.sub_flow_id for step in steps})
    values = person_of(rehearsal).values()
    return Scene(
        steps=steps,
        zone=zone_of(rehearsal).tz,
        reply_rule=rule_of_channel(rehearsal.channel),
        templated={number for number, content in contents.items() if content.template is not None},
        stops_on_reply=sequence.stop_on_reply,
        own_id=sequence.public_id,
        make=lambda step, route: made(contents[step.sub_flow_id].on(rehearsal.channel_id), route, backend, values),
    )


def made(content: Content, route: Route, backend: Backend, values: Mapping[str, Any]) -> Made:
    """A message filled in, as far as the channel can show it."""
    try:
        parts = content.render(route, values)
    except RenderingFailed as error:
        return Made(trouble=Reason.RENDERING_FAILED, detail=str(error))
    for number, part in enumerate(parts):
        if isinstance(part, MessagePart) and (problems := backend.problems(part.content)):
            return Made(parts[:number], Reason.UNSUPPORTED, ", ".join(problems))
    return Made(parts) if parts else Made(trouble=Reason.UNSUPPORTED)


def stand_of(rehearsal: Rehearsal) -> Stand:
    return Stand(
        countdown_started_at=rehearsal.countdown_started_at,
        last_step_id=rehearsal.last_step_id,
        done=tuple(rehearsal.done_steps),
        not_before_at=rehearsal.not_before_at,
        first_sent_at=rehearsal.first_sent_at,
        last_interaction_at=rehearsal.last_interaction_at,
        waits_for_reply=rehearsal.waits_for_reply,
        ended_because=EndedBecause(rehearsal.ended_because) if rehearsal.ended_because else None,
    )


def note_stand(rehearsal: Rehearsal, stand: Stand) -> None:
    """Write where the person stands on the row; the caller saves it."""
    rehearsal.countdown_started_at = stand.countdown_started_at
    rehearsal.last_step_id = stand.last_step_id
    rehearsal.done_steps = list(stand.done)
    rehearsal.not_before_at = stand.not_before_at
    rehearsal.first_sent_at = stand.first_sent_at
    rehearsal.last_interaction_at = stand.last_interaction_at
    rehearsal.waits_for_reply = stand.waits_for_reply
    rehearsal.ended_because = stand.ended_because.value if stand.ended_because else ""


def note_tag(rehearsal: Rehearsal, tag: str, *, is_added: bool) -> None:
    person = person_of(rehearsal)
    tags = tuple(kept for kept in person.tags if kept != tag) + ((tag,) if is_added else ())
    rehearsal.person = stored(replace(person, tags=tags))


def stored(person: MadeUpPerson) -> dict[str, Any]:
    return {
        "first_name": person.first_name,
        "last_name": person.last_name,
        "language": person.language,
        "time_zone": person.time_zone,
        "utc_offset_minutes": person.utc_offset_minutes,
        "fields": dict(person.fields),
        "tags": list(person.tags),
    }


def latest_moment(rehearsal: Rehearsal, now: datetime) -> datetime:
    """What the virtual clock shows at `now`; it stands still while nobody looks, and after the end."""
    if rehearsal.ended_because:
        return rehearsal.virtual_at
    passed = min(max(now - rehearsal.real_at, NO_TIME), LOOKED_AWAY)
    return rehearsal.virtual_at + passed * rehearsal.speed
