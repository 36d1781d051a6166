"""What the form says before it is saved: the timeline of one person, and each message's 24-hour share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from channels.models import Channel, Contact
from sequencer.workspaces.access import visible
from sequencer.workspaces.models import Workspace
from sequences.actions.foresee_effect import sample_of
from sequences.actions.steps import steps_of
from sequences.admin.timeline_words import Line, line_of, moment_of, zone_words
from sequences.admin.who_form import Who
from sequences.forecast import BoundTemplates, Person, bound_templates, person_of_contact, planned_steps
from sequences.models import Sequence, Subscription
from sequences.rules.drafts import StepDraft, check_steps
from sequences.rules.edited import settings_of, steps_after
from sequences.rules.steps import StepSettings, steps_ahead
from sequences.rules.timeline import Entry, Outcome, PlannedStep, is_late, timeline

Explain = Callable[[str, Any], Any]
# Each person's way through each message is walked: together no more than this many steps.
MOST_WALKED = 10_000
MOST_SAMPLED = 500


@dataclass(frozen=True, slots=True)
class Card:
    """A message as it stands on the page. `draft` is None while something on the card cannot be read."""

    key: str
    number: int
    name: str
    draft: StepDraft | None
    problem: str = ""

    @property
    def title(self) -> str:
        return f"{self.number} {self.name}" if self.name else _("Message %(number)s") % {"number": self.number}


@dataclass(frozen=True, slots=True)
class Panel:
    """The timeline of one person."""

    label: str
    zone: str
    lines: tuple[Line, ...]
    is_inside: bool = False

    @property
    def is_late(self) -> bool:
        """Whether the 24-hour rule keeps a message from this person."""
        return any(line.is_late for line in self.lines)


def cards_of(formset: Any, explain: Explain) -> list[Card]:
    """The cards as somebody sent them, valid or not, in their order."""
    formset.is_valid()
    return [_card(form, number, explain) for number, form in enumerate(formset.live_forms(), start=1)]


def stored_cards(drafts: Iterable[StepDraft]) -> list[Card]:
    """The cards of a page that nobody has touched yet."""
    return [Card(f"steps-{index}", index + 1, draft.name, draft) for index, draft in enumerate(drafts)]


def _card(form: Any, number: int, explain: Explain) -> Card:
    name = str(form.cleaned_data.get("name") or "")
    if form.errors:
        return Card(form.prefix, number, name, None, str(next(iter(form.errors.values()))[0]))
    draft = form.draft()
    problems = check_steps((draft,), needs_sub_flow=False)
    if problems:
        return Card(form.prefix, number, name, None, str(explain(problems[0].code, problems[0].params)))
    return Card(form.prefix, number, name, draft)


def readable(cards: Iterable[Card]) -> list[Card]:
    """Those up to the first one that cannot be read: what comes behind it depends on it."""
    found = []
    for card in cards:
        if card.draft is None:
            break
        found.append(card)
    return found


def settings_by_card(cards: list[Card]) -> list[StepSettings]:
    """Ids are those of the stored messages; new ones are below zero, as in `steps_after`."""
    return [
        settings_of(card.draft, card.draft.id or -1 - index)
        for index, card in enumerate(cards)
        if card.draft is not None
    ]


def panel_of(cards: list[Card], who: Who, sequence: Sequence | None, workspace: Workspace, *, now: datetime) -> Panel:
    """Raises OverflowError where the moments leave Python's calendar."""
    usable = readable(cards)
    settings = settings_by_card(usable)
    bound = bound_templates(workspace, settings)
    planned = planned_steps(settings, who.person, bound)
    titles = {step.id: card.title for step, card in zip(settings, usable, strict=True)}
    zone = who.person.zone
    if who.subscription is not None and sequence is not None:
        entries, walked = _from_where_they_are(who.subscription, sequence, usable, who.person, bound, now=now)
        start = Line(
            "start", moment=moment_of(who.subscription.subscribed_at, zone.tz, now=now), why=_("is subscribed")
        )
    else:
        walked = planned
        entries = timeline(planned, who.subscribed_at, zone.tz, is_contact_gone=who.person.is_gone)
        start = Line("start", moment=moment_of(who.subscribed_at, zone.tz, now=now), why=_("is subscribed"))
    by_index = {step.index: step for step in walked}
    lines = [
        line_of(entry, by_index[entry.index], titles.get(by_index[entry.index].settings.id, ""), zone.tz, now=now)
        for entry in entries
    ]
    if len(usable) < len(cards):
        unclear = cards[len(usable)]
        lines.append(Line("unclear", unclear.title, why=unclear.problem))
    return Panel(who.label, zone_words(zone), (start, *lines), is_inside=who.subscription is not None)


def _from_where_they_are(
    row: Subscription, sequence: Sequence, cards: list[Card], person: Person, bound: BoundTemplates, *, now: datetime
) -> tuple[tuple[Entry, ...], list[PlannedStep]]:
    """For somebody inside: only what lies ahead, and never in the past."""
    stored = steps_of([sequence.pk])[sequence.pk]
    after = steps_after(stored, tuple(card.draft for card in cards if card.draft))
    return walk_from(row, after, person, bound, now=now)


def walk_from(
    row: Subscription, steps: list[StepSettings], person: Person, bound: BoundTemplates, *, now: datetime
) -> tuple[tuple[Entry, ...], list[PlannedStep]]:
    """The timeline of somebody inside through `steps`, from where they are."""
    ahead = steps_ahead(steps, row.last_step_id, row.done_steps)
    planned = planned_steps(ahead, person, bound)
    keeps_its_moment = bool(ahead) and ahead[0].id == row.next_step_id and row.not_before_at is not None
    earliest = max(row.not_before_at, now) if keeps_its_moment and row.not_before_at else now
    entries = timeline(
        planned, row.countdown_started_at, person.zone.tz, is_contact_gone=person.is_gone, not_before=earliest
    )
    return entries, planned


@dataclass(frozen=True, slots=True)
class Share:
    """Of the `people` whom a message reaches, to how many percent it could not go: their 24-hour window is closed.

    They are those inside, else the newest contacts.
    """

    percent: int
    people: int
    is_inside: bool = False


def late_shares(
    cards: list[Card], sequence: Sequence | None, workspace: Workspace, channel_ids: Iterable[int], *, now: datetime
) -> dict[str, Share]:
    """By the key of the card; only where it is anybody. The audience are those inside, else the newest contacts."""
    usable = readable(cards)
    settings = settings_by_card(usable)
    if not settings:
        return {}
    most = max(20, min(MOST_SAMPLED, MOST_WALKED // len(settings)))
    bound = bound_templates(workspace, settings)
    reached: Counter[int] = Counter()
    late: Counter[int] = Counter()
    for entries, planned in _walks(settings, usable, sequence, workspace, list(channel_ids), bound, most, now=now):
        by_index = {step.index: step for step in planned}
        for entry in entries:
            if entry.sends_at is not None:
                step = by_index[entry.index]
                reached[step.settings.id] += 1
                late[step.settings.id] += entry.outcome != Outcome.SEND and is_late(step, entry.sends_at)
    keys = {step.id: card.key for step, card in zip(settings, usable, strict=True)}
    is_inside = sequence is not None and Subscription.objects.active().filter(sequence=sequence.pk).exists()
    return {
        keys[number]: Share(round(100 * late[number] / reached[number]), reached[number], is_inside)
        for number in keys
        if late[number]
    }


def _walks(
    settings: list[StepSettings],
    cards: list[Card],
    sequence: Sequence | None,
    workspace: Workspace,
    channel_ids: list[int],
    bound: BoundTemplates,
    most: int,
    *,
    now: datetime,
) -> Iterable[tuple[tuple[Entry, ...], list[PlannedStep]]]:
    if sequence is not None and sequence.pk:
        people, _is_everybody = sample_of(Subscription.objects.active().filter(sequence=sequence), most)
        if people:
            stored = steps_of([sequence.pk])[sequence.pk]
            after = steps_after(stored, tuple(card.draft for card in cards if card.draft))
            for row in people:
                yield walk_from(row, after, person_of_contact(row.contact, workspace), bound, now=now)
            return
    channels = visible(Channel.objects.all(), workspace)
    if channel_ids:
        channels = channels.filter(pk__in=channel_ids)
    newest = visible(Contact.objects.filter(channel__in=list(channels)), workspace).select_related("channel")
    for contact in newest.filter(opted_out_at=None, blocked_at=None).order_by("-id")[:most]:
        person = person_of_contact(contact, workspace)
        planned = planned_steps(settings, person, bound)
        yield timeline(planned, now, person.zone.tz), planned
