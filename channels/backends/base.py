"""What every kind of channel promises: what it can do, how a message becomes a call, what an answer means."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from channels.backends.limits import Finding, Limits, findings
from channels.backends.questions import Ask, Identity, Profile, TemplatePage
from channels.errors import UnsupportedMessage
from channels.messages import (
    Account,
    Audio,
    DoorResult,
    Message,
    Outgoing,
    OutgoingCall,
    Receipt,
    Recipient,
    Video,
)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a kind of channel can do, for the form and for the engine.

    `after_24_hours_default` is one of utility_template, message_tag, never and says nothing where `reply_window`
    is None. `is_idempotent`: the provider takes our key, so a doubtful send may go again.
    `media_per_second`: a pace of their own for audio and video, slower than the channel's; None where there is none.
    """

    reply_window: timedelta | None
    silent: bool
    templates: bool
    tags: bool
    after_24_hours_default: str
    has_time_zone: bool
    receipts: bool
    is_idempotent: bool
    sends_per_second: float
    media_per_second: float | None = None
    limits: Limits = Limits()


class Backend(ABC):
    """A pure translator between our messages and one provider; opens no socket, reads no clock, keeps no state."""

    kind: ClassVar[str]
    label: ClassVar[str]
    capabilities: ClassVar[Capabilities]
    credential_fields: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def build(self, message: Outgoing, to: Recipient, account: Account) -> OutgoingCall:
        """The call that sends this message; raises UnsupportedMessage when this kind cannot express it."""

    @abstractmethod
    def read(self, result: DoorResult, message: Outgoing) -> Receipt:
        """The receipt when the provider took the message; raises the ChannelError that fits otherwise."""

    def typing(self, to: Recipient, account: Account) -> OutgoingCall | None:
        """The call that shows the person that somebody is writing; None where the provider shows no such thing."""
        return None

    def profile(self, address: str, account: Account) -> Ask[Profile] | None:
        """The question who this person is; None where the provider does not tell."""
        return None

    def me(self, account: Account) -> Ask[Identity] | None:
        """The question whose account this is, which only good credentials answer; None where there is none to ask."""
        return None

    def own_id(self, account: Account) -> str:
        """What `me` must answer as the provider's id: the account that the owner meant; empty where none is named."""
        return ""

    def templates(self, account: Account, after: str = "") -> Ask[TemplatePage] | None:
        """The question which templates the account has, or those behind `after`; None where there are none to list."""
        return None

    def problems(self, content: Message) -> list[str]:
        """What this kind cannot express of `content`: stable codes, "code" or "code:limit"; empty when it is fine."""
        return list(dict.fromkeys(map(str, self.findings(content))))

    def findings(self, content: Message) -> list[Finding]:
        """The same with the place in the content, for whoever shows it there; a kind with more to say adds to it."""
        return list(findings(content, self.capabilities.limits))

    def reply_window(self, settings: Mapping[str, Any]) -> timedelta | None:
        """How long after an interaction a channel with these settings may be written to freely; None: always."""
        return self.capabilities.reply_window

    def after_24_hours(self, settings: Mapping[str, Any]) -> str:
        """What becomes of a message with a content type outside the window: the channel's setting, or the kind's."""
        return str(settings.get("after_24_hours") or self.capabilities.after_24_hours_default)

    def sends_per_second(self, settings: Mapping[str, Any]) -> float:
        """The pace of a channel: the kind's own, or the channel's setting of the same name."""
        match settings.get("sends_per_second"):
            case bool():
                return self.capabilities.sends_per_second
            case int() | float() as pace if pace > 0:
                return float(pace)
            case _:
                return self.capabilities.sends_per_second

    def slow_pace(self, content: Message) -> float | None:
        """How many of such messages a second the provider takes at most; None for what has the channel's own pace."""
        return self.capabilities.media_per_second if isinstance(content, Audio | Video) else None

    def refuse_unsupported(self, content: Message) -> None:
        """Raise UnsupportedMessage naming every problem; the first thing that `build` does."""
        if problems := self.problems(content):
            raise UnsupportedMessage(", ".join(problems))
