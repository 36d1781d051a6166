"""`worker`: the background work of one machine in the foreground, until SIGTERM."""

from __future__ import annotations

from argparse import SUPPRESS, ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django_q.cluster import Cluster

from sequences.processes import end_with_parent
from sequences.watchdog import Watchdog


class Command(BaseCommand):
    help = "Sends what is due, until SIGTERM; then finishes what is on its way, within 30 seconds."

    def add_arguments(self, parser: ArgumentParser) -> None:
        # What the watchdog starts, with its own process id: the cluster.
        parser.add_argument("--cluster-of", type=int, help=SUPPRESS)

    def handle(self, *args: Any, cluster_of: int | None = None, **options: Any) -> None:
        if cluster_of is None:
            Watchdog().run()
            return
        end_with_parent(cluster_of)
        Cluster().start()
