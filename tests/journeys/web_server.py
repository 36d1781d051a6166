"""The product's own web server as a tree of real processes, whose workers can be killed."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path

import psutil

from sequencer.management.commands import serve


class WebServer:
    """Listens on `port` from the first moment on; `said()` is what it wrote."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self.port, self.log = free_port(), log
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                serve.web(self.port), env=dict(environment), stdout=out, stderr=out, start_new_session=True
            )
        serve.wait_until_open(self.port, {"web server": self.process})

    def kill_a_worker(self, chance: random.Random) -> bool:
        """SIGKILL for one process that answers calls; its main process starts another one. Whether there was one."""
        workers = psutil.Process(self.process.pid).children()
        if not workers:
            return False
        with contextlib.suppress(psutil.NoSuchProcess):
            chance.choice(workers).kill()
            return True
        return False

    def said(self) -> str:
        return self.log.read_text()

    def end(self) -> None:
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(20)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((serve.HOST, 0))
        return int(probe.getsockname()[1])
