"""What every provider's webhook is: it proves who calls, and reads what they say. Pure but for the view beside it."""

from __future__ import annotations

import hmac
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from channels.events import Event
from channels.messages import EPOCH, Account


@dataclass(frozen=True, slots=True)
class Call:
    """One POST of a provider: the raw bytes, and the address they were sent to as the world sees it, query included.

    Header names are found in any case. `received_at` stands in for the moment that some providers do not tell.
    """

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    received_at: datetime = EPOCH


class Webhook(ABC):
    """Verify, then parse; what is recorded is the same for all (views.py).

    `thanks` is the body of the answer to what was recorded, `thanks_type` its content type.
    """

    thanks: ClassVar[str] = ""
    thanks_type: ClassVar[str] = "text/plain; charset=utf-8"

    def handshake(self, query: Mapping[str, str], account: Account) -> str | None:
        """What to answer the provider that asks whether this address is ours; None for one who cannot prove it."""
        return None

    @abstractmethod
    def verify(self, call: Call, account: Account) -> None:
        """Return when this call comes from the provider; raises WebhookRejected."""

    def thanks_to(self, call: Call) -> str:
        """The body of the answer to a call that was recorded."""
        return self.thanks

    @abstractmethod
    def parse(self, call: Call, account: Account) -> Sequence[Event]:
        """What a verified call says; the unknown is passed over. Raises WebhookRejected when nothing can be read."""


def same(given: str, expected: str) -> bool:
    """Whether both are the same, in a time that does not tell where they differ."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode("utf-8", "surrogatepass"))
