"""What every kind of channel promises: what it can do, how a message becomes a call, what an answer means."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, ClassVar

from channels.backends.limits import Finding, Limits, findings
from channels.backends.questions import Ask, Identity, Profile, Question, SubFlowPage, TemplatePage
from channels.content import Audio, Message, RemoteSubFlow, Video
from channels.errors import UnsupportedMessage
from channels.messages import Account, DoorResult, Outgoing, OutgoingCall, Receipt, Recipient


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a kind of channel can do, for the form and for the engine.

    `after_24_hours_default` is one of utility_template, message_tag, never and says nothing where `reply_window`
    is None. `is_idempotent`: the provider takes our key, so a doubtful send may go again.
    `key_valid_for`: how long the provider remembers the key; a send in doubt never goes again later. None: for good.
    `media_per_second`: a pace of their own for audio and video, slower than the channel's; None where there is none.
    `fails_late`: a message that was taken may still be told undelivered, so that to be taken is not to have arrived.
    `sub_flows`: sub-flows live there too, and are sent by their reference.
    `letters`: all blocks of a sub-flow go as one message, with a subject and the ways out of it (`Letter`).
    `told_of_people`: names, language and custom fields go along with each message (`Recipient.known`).
    `at_once`: so many messages of a channel at most are on their way together; None: as many as the engine likes.
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
    fails_late: bool = False
    key_valid_for: timedelta | None = None
    sub_flows: bool = False
    letters: bool = False
    told_of_people: bool = False
    at_once: int | None = None
    limits: Limits = Limits()


def server_of(account: Account, provider: str) -> str:
    """Where a channel's calls go: to its own base address, else to the provider's; no slash at the end."""
    return str(account.settings.get("base_url") or provider).rstrip("/")


class SettingKind(StrEnum):
    """What is typed into a setting."""

    TEXT = "text"
    URL = "url"
    HOST = "host"
    YES_NO = "yes_no"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a kind's own, stored in `Channel.settings` under `name`.

    `choices` of a CHOICE; `pattern` is what a TEXT or a HOST matches whole, `example` one that does. A setting that
    is not required may be absent; YES_NO then counts as `default`. `is_place`: where credentials are sent, and how
    well they are hidden on the way; once it is another one, all of them have to be given anew.
    """

    name: str
    kind: SettingKind = SettingKind.TEXT
    is_required: bool = False
    choices: tuple[str, ...] = ()
    pattern: str = r".{1,500}"
    example: str = ""
    default: bool = False
    is_place: bool = False


_SLOW = (Audio, Video)


class Backend(ABC):
    """A pure translator between our messages and one provider; opens no socket, reads no clock, keeps no state."""

    kind: ClassVar[str]
    label: ClassVar[str]
    capabilities: ClassVar[Capabilities]
    credential_fields: ClassVar[tuple[str, ...]] = ()
    optional_credentials: ClassVar[tuple[str, ...]] = ()
    own_settings: ClassVar[tuple[Setting, ...]] = ()
    has_base_url: ClassVar[bool] = True
    address_pattern: ClassVar[str] = ""  # what an address of a person here matches whole; empty: anything does
    address_example: ClassVar[str] = ""
    has_two_names: ClassVar[bool] = False  # the provider may speak of one person by either of two names (Renamed)

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

    def me(self, account: Account) -> Question[Identity] | None:
        """The question whose account this is, which only good credentials answer; None where there is none to ask."""
        return None

    def own_id(self, account: Account) -> str:
        """What `me` must answer as the provider's id: the account that the owner meant; empty where none is named."""
        return ""

    def register_webhook(self, account: Account) -> Ask[None] | None:
        """The call that tells the provider to post to `account.webhook_url`; None where a person has to do that."""
        return None

    def templates(self, account: Account, after: str = "") -> Ask[TemplatePage] | None:
        """The question which templates the account has, or those behind `after`; None where there are none to list."""
        return None

    def sub_flows(self, account: Account, after: str = "") -> Ask[SubFlowPage] | None:
        """The question which sub-flows live there, or those behind `after`; None where none can be listed."""
        return None

    def problems(self, content: Message) -> list[str]:
        """What this kind cannot express of `content`: stable codes, "code" or "code:limit"; empty when it is fine."""
        return list(dict.fromkeys(map(str, self.findings(content))))

    def findings(self, content: Message) -> list[Finding]:
        """The same with the place in the content, for whoever shows it there; each once."""
        if isinstance(content, RemoteSubFlow) and not self.capabilities.sub_flows:
            return [Finding("", "unsupported")]
        found = [*findings(content, self.capabilities.limits), *self.own_findings(content)]
        return list(dict.fromkeys(found)) if found else found

    def own_findings(self, content: Message) -> Iterable[Finding]:
        """What this kind cannot express besides what its limits say."""
        return ()

    def is_credential(self, name: str, value: str) -> bool:
        """Whether this text can be that credential at all; asked when one is saved."""
        return True

    def missing_settings(self, settings: Mapping[str, Any]) -> tuple[str, ...]:
        """Settings without which nothing can be sent, where one of several would do."""
        return ()

    def wrong_settings(self, settings: Mapping[str, Any]) -> Iterator[str]:
        """The names of settings whose values match their patterns and yet cannot be used."""
        yield from ()

    def missing_credentials(self, settings: Mapping[str, Any], credentials: Mapping[str, Any]) -> tuple[str, ...]:
        """Optional credentials without which a channel with these settings cannot sign in."""
        return ()

    def in_the_clear(self, settings: Mapping[str, Any]) -> str:
        """The host to which messages would go without encryption, by a setting of the kind's own; empty: none."""
        return ""

    def address(self, text: str) -> str:
        """The one spelling under which a person is kept; empty for what cannot be anybody's address here."""
        return text

    def reply_window(self, settings: Mapping[str, Any]) -> timedelta | None:
        """How long after an interaction a channel with these settings may be written to freely; None: always."""
        return self.capabilities.reply_window

    def after_24_hours(self, settings: Mapping[str, Any]) -> str:
        """What becomes of a message with a content type outside the window: the channel's setting, or the kind's."""
        return str(settings.get("after_24_hours") or self.capabilities.after_24_hours_default)

    def ways_after_24_hours(self) -> tuple[str, ...]:
        """What `after_24_hours` may be set to."""
        ways = {"utility_template": self.capabilities.templates, "message_tag": self.capabilities.tags, "never": True}
        return tuple(way for way, is_possible in ways.items() if is_possible)

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
        return self.capabilities.media_per_second if isinstance(content, _SLOW) else None

    def refuse_unsupported(self, content: Message) -> None:
        """Raise UnsupportedMessage naming every problem; the first thing that `build` does."""
        if self.findings(content):
            raise UnsupportedMessage(", ".join(self.problems(content)))
