"""What would happen to people by messages as somebody drafts them: one person's timeline, and whom each cannot reach.

Nothing is stored.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from channels.models import Channel, Contact
from sequencer.workspaces.access import visible
from sequencer.workspaces.models import Workspace
from sequences.actions.forecast import (
    BoundTemplates,
    Person,
    bound_templates,
    others_of,
    person_of_contact,
    planned_steps,
)
from sequences.actions.foresee_effect import sample_of
from sequences.actions.steps import steps_of
from sequences.models import Sequence as SequenceRow
from sequences.models import Subscription
from sequences.rules.drafts import StepDraft
from sequences.rules.edited import drafted_steps, steps_after
from sequences.rules.steps import StepSettings, steps_ahead
from sequences.rules.timeline import Entry, Outcome, PlannedStep, is_late, timeline

# Each person's way through each message is walked: together no more than this many steps.
MOST_WALKED = 10_000
MOST_SAMPLED, FEWEST_SAMPLED = 500, 20


@dataclass(frozen=True, slots=True)
class Way:
    """One person's timeline, and the steps by the index that its entries name."""

    entries: tuple[Entry, ...]
    steps: dict[int, PlannedStep]

    def pairs(self) -> Iterator[tuple[Entry, PlannedStep]]:
        return ((entry, self.steps[entry.index]) for entry in self.entries)


@dataclass(frozen=True, slots=True)
class Share:
    """Of the `people` whom a message reaches, to how many percent it could not go: their 24-hour window is closed.

    They are those inside, else the newest contacts.
    """

    percent: int
    people: int
    is_inside: bool = False


@dataclass(frozen=True, slots=True)
class _Drafted:
    """Messages as they are drafted, and as saving them would leave the sequence that they belong to."""

    fresh: list[StepSettings]
    after: list[StepSettings]
    bound: BoundTemplates


def way_of_newcomer(
    drafts: Sequence[StepDraft], person: Person, workspace: Workspace, *, subscribed_at: datetime
) -> Way:
    """Of somebody subscribed at that moment. Raises OverflowError where the moments leave Python's calendar."""
    drafted = _drafted(drafts, None, workspace)
    return _from_the_start(drafted, person, subscribed_at)


def way_of_somebody_inside(
    row: Subscription, sequence: SequenceRow, drafts: Sequence[StepDraft], person: Person, *, now: datetime
) -> Way:
    """Only what lies ahead, and never in the past. Raises OverflowError as `way_of_newcomer`."""
    drafted = _drafted(drafts, sequence, sequence.workspace)
    return way_from(row, drafted.after, person, drafted.bound, now=now)


def way_from(
    row: Subscription, steps: list[StepSettings], person: Person, bound: BoundTemplates, *, now: datetime
) -> Way:
    """From where this subscription stands, through `steps`."""
    ahead = steps_ahead(steps, row.last_step_id, row.done_steps)
    planned = planned_steps(ahead, person, bound)
    keeps_its_moment = bool(ahead) and ahead[0].id == row.next_step_id and row.not_before_at is not None
    earliest = max(row.not_before_at, now) if keeps_its_moment and row.not_before_at else now
    entries = timeline(
        planned, row.countdown_started_at, person.zone.tz, is_contact_gone=person.is_gone, not_before=earliest
    )
    return Way(entries, {step.index: step for step in planned})


def late_shares(
    drafts: Sequence[StepDraft],
    sequence: SequenceRow | None,
    workspace: Workspace,
    channel_ids: Iterable[int],
    *,
    now: datetime,
) -> dict[int, Share]:
    """By the place of the draft, from 0; only where it is anybody."""
    drafted = _drafted(drafts, sequence, workspace)
    if not drafted.fresh:
        return {}
    most = max(FEWEST_SAMPLED, min(MOST_SAMPLED, MOST_WALKED // len(drafted.fresh)))
    inside = sample_of(Subscription.objects.active().filter(sequence=sequence), most)[0] if sequence else []
    ways = (
        _ways_inside(inside, drafted, workspace, now=now)
        if inside
        else _ways_of_newest(drafted, workspace, list(channel_ids), most, now=now)
    )
    reached, late = Counter[int](), Counter[int]()
    for way in ways:
        for entry, step in way.pairs():
            if entry.sends_at is not None:
                reached[step.settings.id] += 1
                late[step.settings.id] += entry.outcome != Outcome.SEND and is_late(step, entry.sends_at)
    return {
        place: Share(round(100 * late[step.id] / reached[step.id]), reached[step.id], is_inside=bool(inside))
        for place, step in enumerate(drafted.fresh)
        if late[step.id]
    }


def _drafted(drafts: Sequence[StepDraft], sequence: SequenceRow | None, workspace: Workspace) -> _Drafted:
    fresh = drafted_steps(drafts)
    after = steps_after(steps_of([sequence.pk])[sequence.pk], drafts) if sequence else fresh
    return _Drafted(fresh, after, bound_templates(workspace, fresh))


def _from_the_start(drafted: _Drafted, person: Person, subscribed_at: datetime) -> Way:
    planned = planned_steps(drafted.fresh, person, drafted.bound)
    entries = timeline(planned, subscribed_at, person.zone.tz, is_contact_gone=person.is_gone)
    return Way(entries, {step.index: step for step in planned})


def _ways_inside(
    people: Iterable[Subscription], drafted: _Drafted, workspace: Workspace, *, now: datetime
) -> Iterator[Way]:
    rows = list(people)
    others = _others([row.contact for row in rows], drafted.after)
    for row in rows:
        person = person_of_contact(row.contact, workspace, others.get(row.contact_id, ()))
        yield way_from(row, drafted.after, person, drafted.bound, now=now)


def _others(people: Sequence[Contact], steps: Iterable[StepSettings]) -> dict[int, list[Contact]]:
    """Asked for only where a message falls back."""
    return others_of(people) if any(step.fall_back_to for step in steps) else {}


def _ways_of_newest(
    drafted: _Drafted, workspace: Workspace, channel_ids: list[int], most: int, *, now: datetime
) -> Iterator[Way]:
    """Of the contacts on these channels, or on all, who came last and can be reached."""
    channels = visible(Channel.objects.all(), workspace)
    if channel_ids:
        channels = channels.filter(pk__in=channel_ids)
    newest = visible(Contact.objects.filter(channel__in=list(channels)), workspace).select_related("channel")
    people = list(newest.filter(opted_out_at=None, blocked_at=None).order_by("-id")[:most])
    others = _others(people, drafted.fresh)
    for contact in people:
        yield _from_the_start(drafted, person_of_contact(contact, workspace, others.get(contact.pk, ())), now)
