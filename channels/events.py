"""What a provider tells us unasked, besides what people do (InboundEvent): frozen values that touch nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from channels.backends.questions import TemplateState
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


Receipt = MessageReceipt | WatermarkReceipt
Event = InboundEvent | MessageReceipt | WatermarkReceipt | Echo | Consent | PolicyNotice | TemplateNotice
