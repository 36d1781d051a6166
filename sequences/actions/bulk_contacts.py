"""Many people by the rules of a single call: found, made when unknown, and what is said of them written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from channels.actions.contact_values import check_address, check_contact_values, merged_values, spelled
from channels.actions.opt_out import opt_out
from channels.actions.upsert_contact import CLOCK_FIELDS
from channels.erasure import keep_opted_out
from channels.inbound import Interaction, open_windows
from channels.messages import InboundKind
from channels.models import Channel, Contact
from channels.signals import contact_changed
from sequencer.workspaces.actor import SYSTEM
from sequencer.workspaces.refusals import ProblemLike
from sequences.rules.bulk_lines import Line
from sequences.rules.problems import Problem
from sequences.sql import dialect
from sequences.sql.light import light_rows

WRITTEN = ("first_name", "last_name", "language", "time_zone", "utc_offset_minutes", "tags", "fields")
BLANK: dict[str, Any] = {
    "first_name": "",
    "last_name": "",
    "language": "",
    "time_zone": "",
    "utc_offset_minutes": None,
    "last_interaction_at": None,
    "last_reply_at": None,
    "opted_out_at": None,
    "blocked_at": None,
    "unreachable_in_a_row": 0,
    "profile_asked_at": None,
    "profile_read_at": None,
}
MADE = ("workspace_id", "channel_id", "address", "created_at", *BLANK, "tags", "fields")
# The contact's number; or what is wrong with the line; or nothing: somebody unknown, who was not to be made.
Found = int | Sequence[ProblemLike] | None
NOT_THERE = (Problem("id", "not_found"),)


@dataclass(slots=True)
class _Named:
    """The lines of a batch by whom they name; `answers` has a place for each."""

    answers: list[Found]
    by_id: dict[int, list[int]] = field(default_factory=dict)
    by_channel: dict[int, dict[str, list[tuple[int, Line]]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class People:
    """Finds the contacts of a workspace at one moment."""

    workspace_id: int
    now: datetime
    makes_unknown: bool

    def of(self, lines: Sequence[Line], channel_id: int | None) -> list[Found]:
        """Each line's contact, in their order; `channel_id` is that of the lines that name none."""
        named = self._sorted(lines, channel_id)
        self._find_by_id(named.by_id, named.answers)
        for channel, people in named.by_channel.items():
            self._find_by_address(channel, people, named.answers)
        return named.answers

    def _sorted(self, lines: Sequence[Line], channel_id: int | None) -> _Named:
        mine = dict(Channel.objects.in_workspace(self.workspace_id).values_list("pk", "kind"))
        channels: dict[str, int | None] = {"": channel_id}
        named = _Named([None] * len(lines))
        for place, line in enumerate(lines):
            if line.id:
                named.by_id.setdefault(Contact.public_id.parse(line.id) or 0, []).append(place)
                continue
            if line.channel not in channels:
                channels[line.channel] = Channel.public_id.parse(line.channel)
            channel = channels[line.channel]
            if problems := self._wrong(line, channel, mine):
                named.answers[place] = problems
            elif channel is not None:
                address = spelled(mine[channel], line.address)
                named.by_channel.setdefault(channel, {}).setdefault(address, []).append((place, line))
        return named

    def _wrong(self, line: Line, channel: int | None, mine: Mapping[int, str]) -> Sequence[ProblemLike]:
        """An unknown person whom nobody is to make may have any address."""
        if channel is None and not line.channel:
            return [Problem("channel", "required")]
        if channel is None or channel not in mine:
            return [Problem("channel", "not_found")]
        of_address = check_address(mine[channel], line.address) if self.makes_unknown else []
        return [*of_address, *(check_contact_values(line.values, now=self.now) if line.values else ())]

    def _find_by_id(self, wanted: Mapping[int, list[int]], answers: list[Found]) -> None:
        known = (
            {row.pk for row in light_rows(Contact, wanted, ("id",), workspace_id=self.workspace_id)} if wanted else ()
        )
        for number, places in wanted.items():
            for place in places:
                answers[place] = number if number in known else NOT_THERE

    def _find_by_address(
        self, channel: int, people: Mapping[str, list[tuple[int, Line]]], answers: list[Found]
    ) -> None:
        known = {address: number for address, number, _ in self._at(channel, people)}
        written = {address: [line for _, line in lines if line.values] for address, lines in people.items()}
        if self.makes_unknown and (fresh := sorted(people.keys() - known.keys())):
            self._make(channel, {address: people[address][0][1].values for address in fresh})
            for address, number, created_at in self._at(channel, fresh):
                known[address] = number
                if created_at == self.now and people[address][0][1].values:  # by us, with what its first line says
                    written[address] = written[address][1:]
        for address, lines in people.items():
            for place, _line in lines:
                answers[place] = known.get(address)
        said = [(known[address], line.values) for address in known for line in written[address]]
        if said:
            self._write(said)

    def _at(self, channel: int, addresses: Iterable[str]) -> list[tuple[str, int, datetime]]:
        rows: list[tuple[str, int, datetime]] = dialect().contacts_at(channel, self.workspace_id, list(addresses))
        return rows

    def _make(self, channel: int, people: Mapping[str, Mapping[str, Any]]) -> None:
        """Sorted by address, so that two who make the same people wait for each other in one order only."""
        own = {"workspace_id": self.workspace_id, "channel_id": channel, "created_at": self.now, **BLANK}
        rows, nothing_known = [], Contact()
        for address, values in people.items():
            merged = {"tags": [], "fields": {}, **merged_values(nothing_known, values, adds_tags=True)}
            moments = {name: values[name] for name in ("last_interaction_at", "opted_out_at") if values.get(name)}
            person = {**own, **merged, **moments, "address": address}
            rows.append([person[column] for column in MADE])
        dialect().insert_rows(Contact, MADE, rows, or_ignore=True)
        fresh = [Contact(address=address) for address in people]
        keep_opted_out(Channel(pk=channel, workspace_id=self.workspace_id), fresh, now=self.now)

    def _write(self, said: list[tuple[int, Mapping[str, Any]]]) -> None:
        """What lines say of people who were there: merged in the order of the lines, stored in one statement."""
        rows = Contact.objects.select_for_update(no_key=True).filter(pk__in={number for number, _ in said})
        people = {row.pk: row for row in rows.order_by("pk")}
        touched: dict[int, set[str]] = {}
        interactions, leaving = [], []
        for number, values in said:
            person = people[number]
            changes = merged_values(person, values, adds_tags=True)
            for name, value in changes.items():
                setattr(person, name, value)
            touched.setdefault(number, set()).update(changes)
            interactions += _interaction(person, values.get("last_interaction_at"))
            leaving += [(person, values["opted_out_at"])] if values.get("opted_out_at") else []
        changed = [people[number] for number, names in touched.items() if names]
        values_of = [(one.pk, *(getattr(one, name) for name in WRITTEN)) for one in changed]
        dialect().update_rows(Contact, WRITTEN, values_of)
        for one in changed:
            if touched[one.pk] & set(CLOCK_FIELDS):
                contact_changed.send(Contact, contact=one, now=self.now)
        open_windows(interactions, now=self.now, actor=SYSTEM)
        for one, at in leaving:
            opt_out(one, at=at, now=self.now, actor=SYSTEM)


def _interaction(person: Contact, at: datetime | None) -> list[Interaction]:
    """A later interaction opens the window and frees what waits; one before a block does not lift the block."""
    if at is None or (person.last_interaction_at is not None and at <= person.last_interaction_at):
        return []
    if person.blocked_at is None or at > person.blocked_at:
        return [Interaction(person, at, InboundKind.OTHER)]
    Contact.objects.filter(pk=person.pk).update(last_interaction_at=at)
    person.last_interaction_at = at
    return []
