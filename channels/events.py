"""What a provider tells us unasked, besides what people do (InboundEvent): frozen values that touch nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from channels.backends.questions import Profile, TemplateState
from channels.errors import ChannelError
from channels.messages import InboundEvent


class ReceiptKind(StrEnum):
    """How far a message came; a receipt only ever moves a delivery forwards."""

    DELIVERED = "delivered"
    READ = "read"


@dataclass(frozen=True, slots=True)
class MessageReceipt:
    """One message came this far at `at`; receipts may come twice, late, and before we know the message's id."""

    address: str
    at: datetime
    kind: ReceiptKind
    provider_message_id: str


@dataclass(frozen=True, slots=True)
class WatermarkReceipt:
    """Everything sent to this person up to `until` came this far."""

    address: str
    at: datetime
    kind: ReceiptKind
    until: datetime


@dataclass(frozen=True, slots=True)
class Echo:
    """The provider shows a message that went out for the channel, with the Outgoing.key it carried, if any."""

    address: str
    at: datetime
    provider_message_id: str
    message_key: str


@dataclass(frozen=True, slots=True)
class Consent:
    """A person allowed us to write, or took that back; no interaction."""

    address: str
    at: datetime
    is_given: bool
    key: str


@dataclass(frozen=True, slots=True)
class Blocked:
    """A person blocked us, or a group threw us out: nothing reaches them until they let us in again."""

    address: str
    at: datetime
    key: str


@dataclass(frozen=True, slots=True)
class PolicyNotice:
    """The provider judges the account itself: `action` is its word (Meta: warning, block, unblock)."""

    at: datetime
    action: str
    reason: str
    key: str


@dataclass(frozen=True, slots=True)
class TemplateNotice:
    """The provider judged one of the account's templates anew; `reason` is its word."""

    at: datetime
    name: str
    language: str
    state: TemplateState
    reason: str
    key: str


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A message that the provider had taken did not arrive after all; `error` as its answer would have said it."""

    address: str
    at: datetime
    provider_message_id: str
    error: ChannelError


@dataclass(frozen=True, slots=True)
class Introduction:
    """What a webhook tells of a person by the way: it fills what is empty of somebody we know, and no more."""

    address: str
    at: datetime
    profile: Profile


@dataclass(frozen=True, slots=True)
class Renamed:
    """Who was named `former` is named `address` from now on; `is_both`: they may still come under either name."""

    address: str
    at: datetime
    former: str
    is_both: bool = False


Receipt = MessageReceipt | WatermarkReceipt
ReceiptOrEcho = Receipt | Echo
OfPeople = InboundEvent | ReceiptOrEcho | Consent | Blocked | Undelivered | Introduction | Renamed
Event = OfPeople | PolicyNotice | TemplateNotice
