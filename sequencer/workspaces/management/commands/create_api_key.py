"""create_api_key WORKSPACE_ID [--scopes read,actions,manage]: prints the key, once, and nothing else."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from sequencer.workspaces.actions.api_keys import create_api_key
from sequencer.workspaces.actor import SYSTEM
from sequencer.workspaces.models import Scope, Workspace


class Command(BaseCommand):
    help = "Create an API key of a workspace and print it; nobody can read it again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("workspace_id")
        parser.add_argument("--scopes", default=",".join(Scope.values), help="read,actions,manage; all by default")
        parser.add_argument("--name", default="create_api_key", help="what the list of keys shows")

    def handle(self, *args: Any, workspace_id: str, scopes: str, name: str, **options: Any) -> None:
        workspace = Workspace.objects.filter(pk=Workspace.public_id.parse(workspace_id) or 0).first()
        if workspace is None:
            raise CommandError(f"There is no workspace {workspace_id!r}.")
        wanted = list(dict.fromkeys(scope.strip() for scope in scopes.split(",") if scope.strip()))
        if unknown := [scope for scope in wanted if scope not in Scope.values]:
            raise CommandError(f"There is no scope {unknown[0]!r}; the scopes are {', '.join(Scope.values)}.")
        if not wanted:
            raise CommandError("A key needs at least one scope.")
        _, text = create_api_key(workspace, name=name[:100], scopes=wanted, actor=SYSTEM, now=timezone.now())
        self.stdout.write(text)
