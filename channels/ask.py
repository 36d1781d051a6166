"""Puts single questions to providers, through the same door and by the same address rules as messages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from django.conf import settings

from channels.backends.questions import Question
from channels.errors import ChannelError
from channels.letters import write_out
from channels.messages import EPOCH, Account, DoorResult
from channels.models import Channel
from channels.reach import address_rules
from channels.secrets import unseal
from channels.transports import Doors, HttpDoor, LocalDoor, MailDoor

Found = TypeVar("Found")
TIMEOUT = 10.0  # seconds for one question; a person may be waiting for it
AT_ONCE = 10


def run_ask(ask: Question[Found]) -> Found:
    """What the provider answered; raises the ChannelError that says why it did not."""
    [found] = run_asks([ask])
    if isinstance(found, ChannelError):
        raise found
    return found


def run_asks(asks: Sequence[Question[Found]]) -> list[Found | ChannelError]:
    """What was answered to each, in order; the calls go out a few at a time and none is repeated."""
    return [_read(ask, result) for ask, result in zip(asks, _carry(asks), strict=True)]


def account_of(channel: Channel, asked_at: datetime = EPOCH) -> Account:
    """The channel's account as a backend may know it; raises SecretsUnreadable."""
    credentials = unseal(channel.credentials, workspace_id=channel.workspace_id, channel_id=channel.pk)
    return Account(credentials, channel.settings, channel.pk, webhook_of(channel), asked_at)


def webhook_of(channel: Channel) -> str:
    """Where the provider of this channel calls us, as the world reaches it."""
    # Not asked of the address book: it would bring every page of the admin and the API into each worker.
    return f"{settings.PUBLIC_URL.rstrip('/')}/webhooks/{channel.kind}/{channel.public_id}/"


def _carry(asks: Sequence[Question[Found]]) -> list[DoorResult]:
    rules = address_rules()
    door = Doors(
        http=HttpDoor(allow=rules, max_in_flight=AT_ONCE, timeout=TIMEOUT, connect_timeout=TIMEOUT / 2),
        local=LocalDoor(lambda batch: []),
        mail=MailDoor(allow=rules, compose=write_out, timeout=TIMEOUT),
    )
    results: dict[object, DoorResult] = {}
    try:
        for number, ask in enumerate(asks):
            door.start(number, ask.call)
        while door.in_flight:
            results.update(door.poll(1.0))
    finally:
        door.close()
    return [results[number] for number in range(len(asks))]


def _read(ask: Question[Found], result: DoorResult) -> Found | ChannelError:
    try:
        return ask.parse(result)
    except ChannelError as error:
        return error
