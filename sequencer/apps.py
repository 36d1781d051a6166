from typing import Any

from django.apps import AppConfig, apps
from django.core.management import call_command
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate

from sequencer.database import give_up_who_stands_still


class SequencerConfig(AppConfig):
    """The shell: settings, addresses, and the commands that start it."""

    name = "sequencer"
    label = "sequencer"

    def ready(self) -> None:
        connection_created.connect(give_up_who_stands_still)
        # Only apps with models send this signal, so the bottom one stands for all.
        post_migrate.connect(create_cache_table, sender=apps.get_app_config("workspaces"))


def create_cache_table(using: str, verbosity: int, **rest: Any) -> None:
    """`migrate` leaves nothing else to do: limits are counted in this table where there is no Redis."""
    call_command("createcachetable", database=using, verbosity=max(0, verbosity - 1))
