"""rotate_keys: encrypts the credentials of all channels with the first of ENCRYPTION_KEYS."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from channels.actions.rotate_keys import rotate_keys


class Command(BaseCommand):
    help = "Encrypt every channel's credentials with the first of ENCRYPTION_KEYS; may run at any time, and again."

    def handle(self, *args: Any, **options: Any) -> None:
        done = rotate_keys()
        self.stdout.write(
            f"{done.looked_at} channels with credentials: {done.on_old_keys} on old keys, {done.changed} changed."
        )
        if done.unreadable:
            raise CommandError(
                "No key of ENCRYPTION_KEYS opens the credentials of these channels, or they were sealed for another "
                f"one; keep the old keys until they are typed anew: {', '.join(done.unreadable)}"
            )
