"""demo [--language en|fr]: makes the demonstration once and prints its login; a second run changes nothing."""

from __future__ import annotations

import secrets
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction
from django.utils import timezone

from sequencer.env import DEFAULT_PUBLIC_URL
from sequences.actions.demo import OWNER_EMAIL, make_demo

PICTURE = "sequences/demo/reading.png"
DEFAULT_PORT = 8000
CHANGE_PASSWORD = f".venv/bin/python manage.py changepassword {OWNER_EMAIL}"


class Command(BaseCommand):
    help = "Make a demo workspace with ready sequences and people, and print its login, once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--language", choices=[code for code, _ in settings.LANGUAGES], default="en")
        parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="where `serve` will listen")

    def handle(self, *args: Any, language: str, port: int, **options: Any) -> None:
        password = secrets.token_urlsafe(12)
        picture = f"{address(port)}{settings.STATIC_URL}{PICTURE}"
        with transaction.atomic():
            demo = make_demo(password=password, language=language, picture=picture, now=timezone.now())
            if demo is None:
                self.stdout.write(f"The demo exists already: log in as {OWNER_EMAIL}.")
                self.stdout.write(f"To set a new password: {CHANGE_PASSWORD}")
                return
            # Before the commit: a password that nobody saw would lock everybody out of what exists.
            self.stdout.write(f'Made the demo workspace "{demo.workspace}". Your login, shown only this once:')
            self.stdout.write(f"  E-mail    {OWNER_EMAIL}\n  Password  {password}")
            self.stdout.flush()


def address(port: int) -> str:
    """Where browsers will find our own files: the public address, or the one that `serve` gives itself."""
    return f"http://localhost:{port}" if settings.PUBLIC_URL == DEFAULT_PUBLIC_URL else settings.PUBLIC_URL
