"""The database dies, is cut off and fills its disk while messages are on their way; a part of `make soak`.

A program of its own, as the suite's own database must not die with it. Fails where a message is lost or doubled, or
where sending takes longer than RESUMES_WITHIN to go on after the database is back.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import django

django.setup()

from django.core.management import call_command  # noqa: E402  # Django's models want their settings first
from django.db import OperationalError, connection  # noqa: E402

from tests.doubles.graph import GraphDouble  # noqa: E402
from tests.environment import VARIABLES  # noqa: E402
from tests.journeys.crowd import Crowd  # noqa: E402
from tests.journeys.database_server import DatabaseServer  # noqa: E402
from tests.journeys.worker_tree import WorkerTree, wait_until  # noqa: E402

RESUMES_WITHIN = 10.0
KILLS, CUTS, FULL_SECONDS = 3, 60, 30
SPEED = 20
PATIENCE = 300


class Scene:
    """A crowd in front of a provider that takes SPEED messages a second, one worker, and the hand on the database."""

    def __init__(self, graph: GraphDouble, server: DatabaseServer) -> None:
        self.graph, self.server = graph, server
        self.crowd = Crowd(graph, sends_per_second=SPEED)

    def resumes(self) -> float:
        """The seconds until the provider takes the next message."""
        before = len(self.graph.accepted)
        return wait_until(lambda: len(self.graph.accepted) > before, 60, "sending goes on", every=0.01)

    def play(self, name: str, people: int, trouble: Callable[[], list[float]]) -> None:
        """Subscribe people, make trouble while they are served, and take the accounts."""
        self.crowd.subscribes(people)
        begun = len(self.graph.accepted)
        wait_until(lambda: len(self.graph.accepted) > begun + SPEED, PATIENCE, "messages on their way")
        resumed = trouble()
        wait_until(self.is_done, PATIENCE, "everything decided")
        states = self.crowd.check_accounts()
        figure = f"sending resumed after at most {max(resumed):.1f} s; none twice, none lost, {dict(states)}"
        print(f"{name}: {figure}", flush=True)  # noqa: T201
        assert max(resumed) <= RESUMES_WITHIN, resumed

    def is_done(self) -> bool:
        try:
            return self.crowd.is_done()
        except OperationalError:
            connection.close()
            return False

    def kills(self) -> list[float]:
        resumed = []
        for _ in range(KILLS):
            self.server.kill()
            time.sleep(3)
            self.server.start()
            resumed.append(self.resumes())
            time.sleep(2)
        return resumed

    def cuts(self) -> list[float]:
        for _ in range(CUTS):
            self.server.cut_all()
            time.sleep(1)
        return [self.resumes()]

    def full_disk(self, disk: Path) -> list[float]:
        with self.server.full(disk):
            time.sleep(FULL_SECONDS)
        wait_until(self._writes, 60, "the database writes again")
        return [self.resumes()]

    def _writes(self) -> bool:
        """Whether it takes a row; a server that gave up is started again, as a service manager would."""
        if not self.server.answers():
            return False
        try:
            with connection.cursor() as cursor:
                cursor.execute("CREATE TEMPORARY TABLE probe AS SELECT generate_series(1, 10000); DROP TABLE probe")
        except OperationalError:
            connection.close()
            return False
        return True


def main() -> int:
    call_command("migrate", verbosity=0)
    with tempfile.TemporaryDirectory(prefix="sequencer-soak-") as folder, GraphDouble(latency=0.5) as graph:
        graph.rules.knows_everybody = True
        server = DatabaseServer(Path(folder) / "postgresql.log")
        scene = Scene(graph, server)
        worker = WorkerTree({**os.environ, **VARIABLES}, Path(folder) / "worker.log")
        try:
            scene.play(f"killed {KILLS} times", 500, scene.kills)
            scene.play(f"cut off {CUTS} times", 1500, scene.cuts)
            worker.end()
            with server.on_a_small_disk() as disk:
                worker = WorkerTree({**os.environ, **VARIABLES}, Path(folder) / "worker.log")
                scene.play(f"disk full for {FULL_SECONDS} s", 1500, lambda: scene.full_disk(disk))
                worker.end()
        except BaseException:
            print(worker.said()[-20_000:])  # noqa: T201
            raise
        finally:
            worker.end()
    return 0


if __name__ == "__main__":
    sys.exit(main())
