"""One message on its way: what the pipeline carries from the decision to the record."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from channels.backends import Backend
from channels.messages import Account, Outgoing, Recipient, Route
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


@dataclass(frozen=True, slots=True)
class Flight:
    """A delivery in this run's hands. `parts_done` parts of the sub-flow are behind it, the next one is `part`."""

    subscription: Subscription
    delivery_id: int
    step: StepSettings
    route: Route
    parts: tuple[Part, ...]
    parts_done: int
    attempts: int
    wire: Wire
    is_probe: bool = False
    last_sent_at: datetime | None = None
    left_at: datetime | None = None

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
    def recipient(self) -> Recipient:
        return Recipient(self.subscription.contact.address, self.subscription.contact_id)

    def one_part_on(self, sent_at: datetime | None = None) -> Flight:
        """Behind one more part; `sent_at` when the provider accepted it."""
        last = sent_at or self.last_sent_at
        return replace(self, parts_done=self.parts_done + 1, is_probe=False, last_sent_at=last)

    def outgoing(self) -> Outgoing:
        """The message for the backend; only for a part that is one."""
        if not isinstance(self.part, MessagePart):
            raise TypeError("only a message travels")
        return Outgoing(
            content=self.part.content,
            key=f"{self.delivery_id}.{self.parts_done}",
            route=self.route,
            content_type=self.step.content_type,
            notification_type=self.step.notification_type,
        )


def needs_the_wire(part: Part) -> bool:
    """Pauses and actions happen at home."""
    return not isinstance(part, PausePart | ActionPart)
