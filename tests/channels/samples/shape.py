"""What the samples of a kind are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from channels.errors import ChannelError
from channels.messages import Account, Answer, DoorResult

WEBHOOK_URL = "https://sequencer.example/webhooks/kind/chn_1/"
SOMEBODY_ELSES = "another secret"

Body = Callable[[str, datetime, str], bytes]  # (address, at, id): one post about that person; whose id, see below


@dataclass(frozen=True, slots=True)
class WebhookSamples:
    """What a provider posts. `signed` makes the headers of a body, by our secret or by the one given.

    `said`, `stopped`, `started` and `blocked` take an id of their own for the event, `delivered`, `read` and `failed`
    that of our message; None is what this provider never tells. `strange` are posts with unknown events and fields,
    `unreadable` such that nothing can be read from. `forged` names headers that must not be taken besides wrong and
    missing ones: an old algorithm, a moment long ago. `signs_body`: False where a fixed token is all the proof.
    `signed_at` (address, body): where the address is signed too. `tells_moments`: False where only we know when.
    """

    signed: Callable[[bytes, str | None], dict[str, str]]
    said: Body
    refused: int = 403
    delivered: Body | None = None
    read: Body | None = None
    failed: Body | None = None
    stopped: Body | None = None
    started: Body | None = None
    blocked: Body | None = None
    strange: tuple[bytes, ...] = ()
    unreadable: tuple[bytes, ...] = ()
    forged: Callable[[bytes], Mapping[str, dict[str, str]]] = lambda body: {}
    signs_body: bool = True
    signed_at: Callable[[str, bytes], dict[str, str]] | None = None
    tells_moments: bool = True


@dataclass(frozen=True, slots=True)
class Samples:
    """One kind: an account, a person, a good answer with the id in it, and an answer for each consequence it has.

    `carries_key`: whether the key of a message goes along in its call at all. `says_it_by_status`: a status of 2xx is
    the whole word of this provider, and one that lost sight of it (502, 504) asks for a rest besides.
    """

    address: str = "ann"
    credentials: dict[str, str] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    taken: DoorResult = Answer(200)
    taken_id: str = ""
    refusals: tuple[tuple[DoorResult, type[ChannelError]], ...] = ()
    webhook: WebhookSamples | None = None
    carries_key: bool = True
    says_it_by_status: bool = False

    @property
    def account(self) -> Account:
        return Account(self.credentials, self.settings, channel_id=3, webhook_url=WEBHOOK_URL)
