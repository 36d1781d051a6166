"""Owners hear by e-mail of a channel that paused itself, also when the mail server was away at first."""

from __future__ import annotations

from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.core.mail.backends.locmem import EmailBackend

from channels.models import Channel, ChannelState, PausedBecause
from channels.notices import tell_owners
from sequencer.workspaces.models import Role
from tests.builders import LONG_AGO, a_channel, a_member

pytestmark = pytest.mark.django_db


class BrokenPost(EmailBackend):
    """A mail server that takes nothing for the people it does not know."""

    refuses: frozenset[str] = frozenset()

    def send_messages(self, messages: Any) -> int:
        if any(message.to[0] in self.refuses for message in messages):
            raise SMTPServerDisconnected("please run connect() first")
        return super().send_messages(messages)


@pytest.fixture
def refuse(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    settings.EMAIL_BACKEND = f"{__name__}.BrokenPost"
    return lambda *addresses: monkeypatch.setattr(BrokenPost, "refuses", frozenset(addresses))


@pytest.fixture
def channel() -> Channel:
    cache.clear()
    return one_that_paused_itself()


def one_that_paused_itself() -> Channel:
    because = PausedBecause.CREDENTIALS_REFUSED
    return a_channel(state=ChannelState.PAUSED, paused_because=because, paused_at=LONG_AGO)


def test_a_mail_server_that_was_away_is_tried_again_after_five_minutes(channel: Channel, refuse: Any) -> None:
    ann = a_member(channel.workspace)
    refuse(ann.email)
    assert tell_owners(now=LONG_AGO) == 0
    channel.refresh_from_db()
    assert channel.owners_told_at is None
    refuse()
    assert tell_owners(now=LONG_AGO) == 0  # not at once: whoever waits for a broken server holds up the others
    cache.clear()  # as the five minutes do
    assert [tell_owners(now=LONG_AGO) for _ in range(2)] == [1, 0]
    assert [message.to for message in mail.outbox] == [[ann.email]]


def test_one_owner_who_could_be_written_to_is_enough(channel: Channel, refuse: Any) -> None:
    ann, bob = a_member(channel.workspace), a_member(channel.workspace)
    refuse(ann.email)
    assert tell_owners(now=LONG_AGO) == 1
    cache.clear()
    assert tell_owners(now=LONG_AGO) == 0
    assert [message.to for message in mail.outbox] == [[bob.email]]


def test_a_workspace_without_owners_has_nobody_to_wait_for(channel: Channel, refuse: Any) -> None:
    a_member(channel.workspace, Role.EDITOR)
    assert [tell_owners(now=LONG_AGO) for _ in range(2)] == [1, 0]
    assert mail.outbox == []


def test_many_who_cannot_be_told_do_not_hold_up_the_others(refuse: Any) -> None:
    cache.clear()
    channels = [one_that_paused_itself() for _ in range(21)]
    owners = [a_member(channel.workspace) for channel in channels]
    refuse(*(owner.email for owner in owners[:20]))
    assert [tell_owners(now=LONG_AGO) for _ in range(2)] == [0, 1]
