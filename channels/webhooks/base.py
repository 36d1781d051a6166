"""What every provider's webhook is: it proves who calls, and reads what they say. Pure but for the view beside it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

from channels.events import Event
from channels.messages import Account


class Webhook(ABC):
    """Verify, then parse; what is recorded and answered is the same for all (views.py)."""

    def handshake(self, query: Mapping[str, str], account: Account) -> str | None:
        """What to answer the provider that asks whether this address is ours; None for one who cannot prove it."""
        return None

    @abstractmethod
    def verify(self, headers: Mapping[str, str], body: bytes, account: Account) -> None:
        """Return when this body comes from the provider; raises WebhookRejected."""

    @abstractmethod
    def parse(self, body: bytes, account: Account) -> Sequence[Event]:
        """What a verified body says; the unknown is passed over. Raises WebhookRejected when nothing can be read."""
