"""One thing that a provider said of a message, whether it comes just now or was parked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from channels.errors import ChannelError
from channels.events import Echo, MessageReceipt, Receipt, Undelivered, WatermarkReceipt
from channels.kept_errors import kept, taken_up
from channels.models import Channel
from sequences.models import EarlyKind, EarlyReceipt


@dataclass(frozen=True, slots=True)
class Heard:
    """Of one message (`provider_message_id`) or of all up to `until`; the names are EarlyReceipt's."""

    workspace_id: int
    channel_id: int
    contact_id: int
    kind: EarlyKind
    at: datetime
    provider_message_id: str = ""
    message_key: str = ""
    until: datetime | None = None
    parked_id: int | None = None
    error: ChannelError | None = None

    @classmethod
    def now(cls, event: Receipt | Echo | Undelivered, channel: Channel, contact_id: int, *, now: datetime) -> Heard:
        """Just heard; a moment in the future counts as now."""
        who, at = (channel.workspace_id, channel.pk, contact_id), min(event.at, now)
        match event:
            case Echo():
                return cls(*who, EarlyKind.ECHO, at, event.provider_message_id, event.message_key)
            case MessageReceipt():
                return cls(*who, EarlyKind(event.kind.value), at, event.provider_message_id)
            case WatermarkReceipt():
                return cls(*who, EarlyKind(event.kind.value), at, until=event.until)
            case Undelivered():
                return cls(*who, EarlyKind.FAILED, at, event.provider_message_id, error=event.error)

    @classmethod
    def before(cls, row: EarlyReceipt) -> Heard:
        """What was parked."""
        who = (row.workspace_id, row.channel_id, row.contact_id)
        return cls(
            *who,
            EarlyKind(row.kind),
            row.at,
            row.provider_message_id,
            row.message_key,
            row.until,
            row.pk,
            taken_up(row.error) if row.error else None,
        )

    def parked(self, now: datetime) -> EarlyReceipt:
        """The row that keeps it."""
        return EarlyReceipt(
            workspace_id=self.workspace_id,
            channel_id=self.channel_id,
            contact_id=self.contact_id,
            kind=self.kind,
            at=self.at,
            provider_message_id=self.provider_message_id,
            message_key=self.message_key,
            until=self.until,
            error=kept(self.error) if self.error else {},
            parked_at=now,
        )
