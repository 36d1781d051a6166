"""New keys for what is stored: everything moves to the newest one, nothing is lost, nothing changes its row."""

from __future__ import annotations

from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.test.utils import override_settings

from channels.actions.rotate_keys import Rotated, rotate_keys
from channels.ask import account_of
from channels.models import Channel
from channels.secrets import SecretsUnreadable
from tests.builders import a_channel, a_workspace

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()

pytestmark = pytest.mark.django_db


def a_page(token: str, *keys: str) -> Channel:
    """A channel whose credentials were stored while these were the keys."""
    with override_settings(ENCRYPTION_KEYS=list(keys)):
        return a_channel(kind="messenger", credentials={"page_access_token": token})


def token_of(channel: Channel) -> str:
    return account_of(Channel.objects.get(pk=channel.pk)).credentials["page_access_token"]


def test_after_rotating_the_old_key_can_be_dropped() -> None:
    pages = [a_page(f"token {number}", OLD) for number in range(5)]
    newer = a_page("newer", NEW)
    a_channel(a_workspace())  # without credentials
    with override_settings(ENCRYPTION_KEYS=[NEW, OLD]):
        assert rotate_keys(at_once=2) == Rotated(looked_at=6, on_old_keys=5, changed=5)
        assert rotate_keys(at_once=2) == Rotated(looked_at=6)
    with override_settings(ENCRYPTION_KEYS=[NEW]):
        assert [token_of(page) for page in pages] == [f"token {number}" for number in range(5)]
        assert token_of(newer) == "newer"


def test_what_is_already_under_the_newest_key_is_not_written_again() -> None:
    page = a_page("token", NEW)
    with override_settings(ENCRYPTION_KEYS=[NEW, OLD]):
        rotate_keys()
    assert Channel.objects.get(pk=page.pk).credentials == page.credentials


@pytest.mark.parametrize("key", [OLD, NEW], ids=["under the old key", "under the new key"])
def test_a_ciphertext_that_was_copied_to_another_row_is_refused_and_named(key: str) -> None:
    page, thief = a_page("token", key), a_page("other", key)
    Channel.objects.filter(pk=thief.pk).update(credentials=page.credentials)
    with override_settings(ENCRYPTION_KEYS=[NEW, OLD]):
        assert rotate_keys().unreadable == (thief.public_id,)
        assert token_of(page) == "token"
        with pytest.raises(SecretsUnreadable):
            token_of(thief)


def test_the_command_names_what_no_key_opens_and_does_the_others() -> None:
    lost, page = a_page("gone", Fernet.generate_key().decode()), a_page("token", OLD)
    said = StringIO()
    with (
        override_settings(ENCRYPTION_KEYS=[NEW, OLD]),
        pytest.raises(CommandError, match=lost.public_id) as failed,
    ):
        call_command("rotate_keys", stdout=said)
    assert failed.value.returncode == 1
    assert said.getvalue() == "2 channels with credentials: 1 on old keys, 1 changed.\n"
    assert page.public_id not in str(failed.value)
    with override_settings(ENCRYPTION_KEYS=[NEW]):
        assert token_of(page) == "token"
