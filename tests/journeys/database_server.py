"""A hand on the PostgreSQL that the launcher started: kill it, start it again, put it on a disk that can be full."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import psycopg
from django.db import connection

from tests.journeys.worker_tree import wait_until

DISK_MB = 512


class DatabaseServer:
    """The server behind Django's connection; it runs on this machine, from files of its own."""

    def __init__(self, log: Path) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SHOW data_directory")
            self.files = Path(cursor.fetchone()[0])
        self._log = log
        self._command = self._main().cmdline()
        self._owner = self._main().uids().real, self._main().gids().real
        self._address = connection.get_connection_params()

    def _main(self) -> psutil.Process:
        return psutil.Process(int((self.files / "postmaster.pid").read_text(encoding="ascii").split()[0]))

    def kill(self) -> None:
        """SIGKILL for its main process; its children end by themselves."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGINT)

    def _end(self, number: signal.Signals) -> None:
        main = self._main()
        family = [main, *main.children(recursive=True)]
        os.kill(main.pid, number)
        psutil.wait_procs(family, timeout=30)
        connection.close()

    def start(self) -> None:
        """As a service manager would, with the command it ran with before; returns when it answers."""
        user, group = self._owner
        with self._log.open("ab") as out:
            subprocess.Popen(
                self._command, stdout=out, stderr=out, user=user, group=group, extra_groups=[], start_new_session=True
            )
        wait_until(self.answers, 60, "PostgreSQL answers")

    def answers(self) -> bool:
        try:
            with psycopg.connect(
                host=self._address["host"], port=self._address["port"], user="postgres", dbname="postgres"
            ):
                return True
        except psycopg.OperationalError:
            return False

    def cut_all(self) -> int:
        """Every connection but ours; how many there were."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            return int(cursor.fetchone()[0])

    @contextmanager
    def on_a_small_disk(self) -> Iterator[Path]:
        """Its files on a disk of DISK_MB for a while; gives the disk. Needs the right to mount."""
        disk = self.files.parent / "small-disk"
        disk.mkdir()
        self.stop()
        _run("mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m,mode=0755", "tmpfs", str(disk))
        try:
            _run("cp", "-a", str(self.files), str(disk / "data"))
            _run("mount", "--bind", str(disk / "data"), str(self.files))
            try:
                self.start()
                yield disk
            finally:
                self.stop()
                _run("umount", str(self.files))
            # What was written meanwhile comes along.
            _run("cp", "-a", "--no-target-directory", str(disk / "data"), str(self.files))
        finally:
            _run("umount", str(disk))
        self.start()

    @contextmanager
    def full(self, disk: Path) -> Iterator[None]:
        """Nothing more fits on the disk until the block is left."""
        ballast = disk / "ballast"
        with ballast.open("wb", buffering=0) as file:
            for size in (1 << 20, 1 << 12):
                with suppress(OSError):
                    while file.write(bytes(size)):
                        pass
        try:
            yield
        finally:
            ballast.unlink()


def _run(*command: str) -> None:
    subprocess.run(command, check=True)
