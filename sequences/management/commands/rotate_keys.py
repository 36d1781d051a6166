"""rotate_keys: encrypts credentials of channels and secrets of webhook endpoints with the first of ENCRYPTION_KEYS."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from channels.actions.rotate_keys import rotate_keys
from sequences.actions.webhook_secrets import renew_encryption


class Command(BaseCommand):
    help = "Encrypt all that is stored secretly with the first of ENCRYPTION_KEYS; may run at any time, and again."

    def handle(self, *args: Any, **options: Any) -> None:
        channels, endpoints = rotate_keys(), renew_encryption()
        done = channels + endpoints
        what = f"{channels.looked_at} channels with credentials"
        if endpoints.looked_at:
            what += f" and {endpoints.looked_at} webhook endpoints"
        self.stdout.write(f"{what}: {done.on_old_keys} on old keys, {done.changed} changed.")
        if done.unreadable:
            raise CommandError(
                "No key of ENCRYPTION_KEYS opens what is stored for these, or it was sealed for another one; keep the "
                f"old keys until it is typed anew: {', '.join(done.unreadable)}"
            )
