"""What can go wrong between us and a person, one class per consequence (never per provider code)."""

from __future__ import annotations

import re
from datetime import timedelta

_UNSTORABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")  # control characters and halves of characters


class ChannelError(Exception):
    """Why a message did not go. `detail` is for people (provider codes included), never a secret or a body.

    Whatever a provider put into it, what is left of `detail` can be stored and shown.
    """

    def __init__(self, detail: str = "") -> None:
        self.detail = _UNSTORABLE.sub("", detail)
        super().__init__(self.detail)


class ChannelTrouble(ChannelError):
    """The provider, or the way to it, is the trouble: the channel waits, no attempt is used.

    `wait` is the provider's own word for how long, or None: then the engine's growing pause decides.
    `may_have_arrived`: the message is in doubt besides; only of kinds that take our key, for it goes again.
    """

    def __init__(self, detail: str = "", wait: timedelta | None = None, *, may_have_arrived: bool = False) -> None:
        super().__init__(detail)
        self.wait = wait
        self.may_have_arrived = may_have_arrived


class ChannelMisconfigured(ChannelError):
    """The account is the trouble: the channel pauses itself and the owners are told.

    `because` is the contract's word: `credentials_refused` or `account_restricted`. `lacks` says to whoever mends it
    what it is, as far as that is known: `token`, `permission` or `address` (one that may not be reached).
    """

    def __init__(self, detail: str = "", because: str = "credentials_refused", lacks: str = "") -> None:
        super().__init__(detail)
        self.because = because
        self.lacks = lacks


class MessageError(ChannelError):
    """This message, or this person, is the trouble; the channel works."""


class TemporaryFailure(MessageError):
    """Not sent; try again later, which uses an attempt."""

    def __init__(self, detail: str = "", retry_after: timedelta | None = None) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class OutcomeUnknown(MessageError):
    """It may have arrived: shown to a person, resent only with the provider's idempotency key."""


class MessageRejected(MessageError):
    """Refused for good: failed, the sequence goes on."""


class WindowClosed(MessageError):
    """The provider says the reply window is closed: the step's own choice applies."""


class ContactBusy(MessageError):
    """A limit for this person only: put back for `wait`, no attempt is used."""

    def __init__(self, detail: str = "", wait: timedelta = timedelta(seconds=10)) -> None:
        super().__init__(detail)
        self.wait = wait


class ContactUnreachable(MessageError):
    """Not now, perhaps never: failed, the sequence goes on; the second in a row counts as gone."""


class ContactGone(MessageError):
    """Blocked us, opted out or unknown: the contact's subscriptions on this channel end.

    `because` is the contract's word: `blocked`, `opted_out` or `contact_gone`.
    """

    def __init__(self, detail: str = "", because: str = "contact_gone") -> None:
        super().__init__(detail)
        self.because = because


class ContactMoved(MessageError):
    """The chat has another address now: the contact moves there; the message goes anew, which uses an attempt."""

    def __init__(self, detail: str = "", address: str = "") -> None:
        super().__init__(detail)
        self.address = address


class UnsupportedMessage(ChannelError):
    """This kind of channel cannot express the message; raised before any call, and already when saving."""


class WebhookRejected(ChannelError):
    """A wrong signature or token: answered with `status` (400, 401 or 403, as the provider expects)."""

    def __init__(self, detail: str = "", status: int = 403) -> None:
        super().__init__(detail)
        self.status = status
