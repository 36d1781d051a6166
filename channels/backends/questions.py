"""Questions to a provider as values: the call that asks, and how its answer reads. Nothing here opens a socket."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from channels.content import Slot
from channels.messages import DoorResult, HttpCall, MailLogin

Found = TypeVar("Found", covariant=True)


@dataclass(frozen=True, slots=True)
class Ask(Generic[Found]):
    """`parse` raises the ChannelError that fits when the answer is none."""

    call: HttpCall
    parse: Callable[[DoorResult], Found]


@dataclass(frozen=True, slots=True)
class SignIn(Generic[Found]):
    """The same of a mail server, which is asked by signing in."""

    call: MailLogin
    parse: Callable[[DoorResult], Found]


Question = Ask[Found] | SignIn[Found]


@dataclass(frozen=True, slots=True)
class Profile:
    """What the provider shows us of a person; empty and None: not shown.

    `may_read`: whether we are let to read profiles at all, as far as this answer tells.
    """

    first_name: str = ""
    last_name: str = ""
    language: str = ""
    utc_offset_minutes: int | None = None
    may_read: bool = True


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose account the credentials open: the provider's id, and a name for people."""

    provider_id: str
    name: str


class TemplateState(StrEnum):
    """How the provider stands to a template; only an approved one may be sent."""

    APPROVED = "approved"
    PENDING = "pending"
    REJECTED = "rejected"
    PAUSED = "paused"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class ProviderTemplate:
    """A template as the provider shows it; `buttons` are their labels, `slots` its parameters in reading order."""

    name: str
    language: str
    state: TemplateState
    provider_id: str = ""
    category: str = ""
    header: str = ""
    body: str = ""
    buttons: tuple[str, ...] = ()
    slots: tuple[Slot, ...] = ()


@dataclass(frozen=True, slots=True)
class ProviderSubFlow:
    """A sub-flow that lives at the provider; `reference` is what sends it, `folder` where people find it there."""

    reference: str
    name: str
    folder: str = ""


@dataclass(frozen=True, slots=True)
class SubFlowPage:
    """Some of the sub-flows; `after` asks for those that follow, empty after the last."""

    sub_flows: tuple[ProviderSubFlow, ...]
    after: str = ""


@dataclass(frozen=True, slots=True)
class TemplatePage:
    """Some of the templates; `after` asks for those that follow, empty after the last."""

    templates: tuple[ProviderTemplate, ...]
    after: str = ""
