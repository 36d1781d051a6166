"""create_workspace NAME [--time-zone Europe/Paris]: prints the id of the new workspace and nothing else."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from sequencer.workspaces.actions.create_workspace import create_workspace
from sequencer.workspaces.actor import SYSTEM

MAX_NAME = 100
NO_PLACE = ("localtime", "posixrules", "Factory")


class Command(BaseCommand):
    help = "Create an empty workspace and print its id."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--time-zone", default="UTC", help="IANA name, such as Europe/Paris; UTC by default")

    def handle(self, *args: Any, name: str, time_zone: str, **options: Any) -> None:
        name = name.strip()
        if not 1 <= len(name) <= MAX_NAME or "\x00" in name:
            raise CommandError(f"The name needs 1 to {MAX_NAME} characters.")
        if time_zone not in available_timezones() or time_zone in NO_PLACE:
            raise CommandError(f"There is no time zone {time_zone!r}; write it like Europe/Paris.")
        made = create_workspace(name, time_zone=time_zone, owner=None, actor=SYSTEM, now=timezone.now())
        self.stdout.write(made.public_id)
