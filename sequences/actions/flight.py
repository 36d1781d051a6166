"""One message on its way: what the pipeline carries from the decision to the record."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from channels.backends import Backend
from channels.messages import EPOCH, Account, Outgoing, Recipient, Route
from channels.models import Contact
from sequences.actions.recipients import recipient_of
from sequences.actions.refusals import Refusals
from sequences.models import Subscription
from sequences.rules.rendering import ActionPart, MessagePart, Part, PausePart
from sequences.rules.steps import StepSettings


@dataclass(frozen=True, slots=True)
class Wire:
    """A channel as the pipeline needs it: who speaks for it, and with which account."""

    channel_id: int
    backend: Backend
    account: Account
    after_24_hours: str


@dataclass(slots=True, eq=False)
class Flight:
    """A delivery in this run's hands. `parts_done` parts of the sub-flow are behind it, the next one is `part`.

    `left_at` is the moment at which the part was committed as leaving; None: it may not leave yet.
    `in_doubt_since`: a request for that part may have reached the provider then; it goes again under the same key.
    `contact` gets it: the subscription's own, or another one of the same person; `has_other_way`: there is one more.
    `refused` are those to whom a provider would not let it go.
    """

    subscription: Subscription
    contact: Contact
    delivery_id: int  # 0 until its row is stored
    step: StepSettings
    route: Route
    parts: tuple[Part, ...]
    parts_done: int
    attempts: int
    wire: Wire
    is_probe: bool = False
    last_sent_at: datetime | None = None
    left_at: datetime | None = None
    in_doubt_since: datetime | None = None
    has_other_way: bool = False
    refused: Refusals = field(default_factory=dict)

    @property
    def is_elsewhere(self) -> bool:
        """It goes to another contact than the subscription's own."""
        return self.contact is not self.subscription.contact

    @property
    def may_turn(self) -> bool:
        """Refused here, it may still go elsewhere: nothing of it arrived, or may have."""
        is_free = not self.has_begun and self.in_doubt_since is None
        return is_free and (self.is_elsewhere or self.has_other_way)

    @property
    def has_begun(self) -> bool:
        """Something of this message reached the person; actions and pauses before it do not count."""
        return self.last_sent_at is not None

    @property
    def part(self) -> Part:
        return self.parts[self.parts_done]

    @property
    def has_more(self) -> bool:
        return self.parts_done < len(self.parts)

    @property
    def is_last_part(self) -> bool:
        return self.parts_done + 1 == len(self.parts)

    @property
    def recipient(self) -> Recipient:
        return recipient_of(self.contact, self.wire.backend, self.subscription.sequence_id)

    def one_part_on(self, sent_at: datetime | None = None) -> Flight:
        """Behind one more part; `sent_at` when the provider accepted it."""
        last = sent_at or self.last_sent_at
        return replace(self, parts_done=self.parts_done + 1, is_probe=False, last_sent_at=last, in_doubt_since=None)

    def outgoing(self) -> Outgoing:
        """The message for the backend; only for a part that is one."""
        part, step = self.parts[self.parts_done], self.step
        if not isinstance(part, MessagePart):
            raise TypeError("only a message travels")
        key, leaves_at = f"{self.delivery_id}.{self.parts_done}", self.left_at or EPOCH
        return Outgoing(part.content, key, self.route, step.content_type, step.notification_type, leaves_at)


_AT_HOME = (PausePart, ActionPart)


def needs_the_wire(part: Part) -> bool:
    """Pauses and actions happen at home."""
    return not isinstance(part, _AT_HOME)
