"""The other contacts of people whose messages may fall back to another channel: read once for a whole wave."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from channels.models import Contact
from sequences.actions.in_hand import CONTACT_COLUMNS
from sequences.actions.ledger import Entry
from sequences.actions.settle import Books
from sequences.models import Subscription
from sequences.sql.light import light_rows


@dataclass(frozen=True, slots=True)
class Ways:
    """`by_person` holds all contacts of a person by its id, the oldest first, `by_id` those that messages went to."""

    by_person: Mapping[int, tuple[Contact, ...]] = field(default_factory=dict)
    by_id: Mapping[int, Contact] = field(default_factory=dict)

    @property
    def channel_ids(self) -> set[int]:
        return {one.channel_id for one in self.by_id.values()}

    def others_of(self, contact: Contact) -> list[Contact]:
        """Of the same person, in the same workspace, on other channels."""
        same = self.by_person.get(contact.person_id or 0, ())
        return [one for one in same if one.pk != contact.pk and one.workspace_id == contact.workspace_id]


def ways_of(subscriptions: Collection[Subscription], books: Books, entries: Iterable[Entry]) -> Ways:
    """A query where a step of theirs falls back and somebody is linked, and one where a message went elsewhere."""
    falling = {number for number, steps in books.steps.items() if any(step.fall_back_to for step in steps)}
    homes = {row.contact_id for row in subscriptions}
    people = {row.contact.person_id for row in subscriptions if row.sequence_id in falling and row.contact.person_id}
    gone_to = {entry.contact_id for entry in entries} - homes
    linked = light_rows(Contact, people, CONTACT_COLUMNS, key="person_id") if people else []
    others = light_rows(Contact, gone_to, CONTACT_COLUMNS) if gone_to else []
    by_person: dict[int, tuple[Contact, ...]] = {}
    for one in sorted(linked, key=lambda contact: contact.pk):
        by_person[one.person_id or 0] = (*by_person.get(one.person_id or 0, ()), one)
    return Ways(by_person, {one.pk: one for one in (*linked, *others)})
