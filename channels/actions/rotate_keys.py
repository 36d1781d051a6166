"""Encrypt what is stored with the newest key, so that the older ones can be dropped."""

from __future__ import annotations

from dataclasses import dataclass

from channels.models import Channel
from channels.secrets import SecretsUnreadable, is_under_newest_key, seal, unseal
from sequencer.workspaces.transactions import in_one_transaction

AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Rotated:
    """How many channels with credentials there were, and the public ids of those that no key opens."""

    looked_at: int = 0
    on_old_keys: int = 0
    changed: int = 0
    unreadable: tuple[str, ...] = ()

    def __add__(self, other: Rotated) -> Rotated:
        return Rotated(
            self.looked_at + other.looked_at,
            self.on_old_keys + other.on_old_keys,
            self.changed + other.changed,
            self.unreadable + other.unreadable,
        )


def rotate_keys(*, at_once: int = AT_ONCE) -> Rotated:
    """Bring the credentials of every channel under the first of ENCRYPTION_KEYS; a second call changes nothing."""
    total, last = Rotated(), 0
    while True:
        rotated, last = _rotate_some(last, at_once)
        if not rotated.looked_at:
            return total
        total += rotated


@in_one_transaction
def _rotate_some(after: int, at_once: int) -> tuple[Rotated, int]:
    """The next few rows, locked: what an owner types meanwhile is not overwritten. Also the last row's number."""
    rows = Channel.objects.select_for_update(no_key=True).filter(pk__gt=after).exclude(credentials="")
    total, last = Rotated(), after
    for channel in rows.order_by("pk")[:at_once]:
        total += _rotate_one(channel)
        last = channel.pk
    return total, last


def _rotate_one(channel: Channel) -> Rotated:
    try:
        credentials = unseal(channel.credentials, workspace_id=channel.workspace_id, channel_id=channel.pk)
    except SecretsUnreadable:
        return Rotated(looked_at=1, unreadable=(channel.public_id,))
    if is_under_newest_key(channel.credentials):
        return Rotated(looked_at=1)
    channel.credentials = seal(credentials, workspace_id=channel.workspace_id, channel_id=channel.pk)
    channel.save(update_fields=["credentials"])
    return Rotated(looked_at=1, on_old_keys=1, changed=1)
