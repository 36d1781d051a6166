"""create_workspace NAME [--time-zone Europe/Paris]: prints the id of the new workspace and nothing else."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from sequencer.workspaces.actions.create_workspace import create_workspace
from sequencer.workspaces.actor import SYSTEM
from sequencer.workspaces.refusals import Refused

SAYS = {
    "required": "{field} is needed.",
    "too_long": "{field} is too long; at most {max} characters are allowed.",
    "invalid_character": "{field} contains a character that cannot be stored.",
    "unknown_time_zone": "There is no time zone {value!r}; write it like Europe/Paris.",
}


class Command(BaseCommand):
    help = "Create an empty workspace and print its id."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--time-zone", default="UTC", help="IANA name, such as Europe/Paris; UTC by default")

    def handle(self, *args: Any, name: str, time_zone: str, **options: Any) -> None:
        try:
            made = create_workspace(name, time_zone=time_zone, owner=None, actor=SYSTEM, now=timezone.now())
        except Refused as refused:
            problem = refused.problems[0]
            raise CommandError(SAYS[problem.code].format(field=problem.field, **problem.params)) from refused
        self.stdout.write(made.public_id)
