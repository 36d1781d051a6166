"""What the form says before it is saved: the timeline of one person, and each message's 24-hour share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from sequencer.workspaces.access import visible
from sequencer.workspaces.models import Workspace
from sequences.actions.elsewhere import gone_there
from sequences.actions.foresee_people import Share, late_shares, way_of_newcomer, way_of_somebody_inside
from sequences.admin.timeline_words import Line, failing, line_of, moment_of, zone_words
from sequences.admin.who_form import Who
from sequences.content_warnings import GONE_THERE, LIVES_ELSEWHERE
from sequences.models import Sequence, SubFlow
from sequences.rules.drafts import StepDraft, check_steps
from sequences.rules.edited import drafted_steps

Explain = Callable[[str, Any], Any]


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


def late_by_card(
    cards: list[Card], sequence: Sequence | None, workspace: Workspace, channel_ids: Iterable[int], *, now: datetime
) -> dict[str, Share]:
    """By the key of the card; only where it is anybody."""
    usable = readable(cards)
    shares = late_shares(drafts_of(usable), sequence, workspace, channel_ids, now=now)
    return {usable[place].key: share for place, share in shares.items()}


def panel_of(cards: list[Card], who: Who, sequence: Sequence | None, workspace: Workspace, *, now: datetime) -> Panel:
    """Raises OverflowError where the moments leave Python's calendar."""
    usable, zone = readable(cards), who.person.zone
    drafts = drafts_of(usable)
    if who.subscription is not None and sequence is not None:
        began_at = who.subscription.subscribed_at
        way = way_of_somebody_inside(who.subscription, sequence, drafts, who.person, now=now)
    else:
        began_at = who.subscribed_at
        way = way_of_newcomer(drafts, who.person, workspace, subscribed_at=began_at)
    titles = {step.id: card.title for step, card in zip(drafted_steps(drafts), usable, strict=True)}
    lines = [Line("start", moment=moment_of(began_at, zone.tz, now=now), why=_("is subscribed"))]
    failures = _failing(drafts, who.person.channel_id, workspace)
    for entry, step in way.pairs():
        line = line_of(entry, step, titles.get(step.settings.id, ""), zone.tz, now=now)
        why = failures.get(step.settings.sub_flow_id)
        lines.append(failing(line, why) if why and entry.via is None else line)
    if len(usable) < len(cards):
        unclear = cards[len(usable)]
        lines.append(Line("unclear", unclear.title, why=unclear.problem))
    return Panel(who.label, zone_words(zone), tuple(lines), is_inside=who.subscription is not None)


def _failing(drafts: Iterable[StepDraft], channel_id: int | None, workspace: Workspace) -> dict[int, str]:
    """Why sub-flows that live elsewhere would fail for somebody on this channel; None: nobody knows which it is."""
    bound = visible(SubFlow.objects.exclude(external_channel=None), workspace)
    rows = list(bound.filter(pk__in={draft.sub_flow_id for draft in drafts if draft.sub_flow_id}))
    there = [row for row in rows if channel_id in (None, row.external_channel_id)]
    elsewhere = {row.pk: LIVES_ELSEWHERE for row in rows if row not in there and not row.blocks}
    return elsewhere | dict.fromkeys(gone_there(there), GONE_THERE)


def drafts_of(cards: Iterable[Card]) -> list[StepDraft]:
    return [card.draft for card in cards if card.draft is not None]
