"""Limits are counted over all processes: the cache is a table, and `migrate` alone makes it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from tests.environment import VARIABLES, sqlite_url

COUNT = """
import django
django.setup()
from django.core.cache import cache
cache.add("tries", 0)
print(cache.incr("tries"))
"""


def test_two_processes_count_together_after_migrate_and_nothing_else(tmp_path: Path) -> None:
    """SQLite on both runs: what is proven is that the table is there, and the suite itself gets it from Django."""
    environment = {**os.environ, **VARIABLES, "DATABASE_URL": sqlite_url(tmp_path)}
    subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], env=environment, check=True)
    with closing(sqlite3.connect(tmp_path / "sequencer.sqlite3")) as database:
        found = database.execute("SELECT count(*) FROM sqlite_master WHERE name = 'shared_cache'").fetchone()
    assert found == (1,)
    counts = [subprocess.check_output([sys.executable, "-c", COUNT], env=environment, text=True) for _ in range(2)]
    assert [int(count) for count in counts] == [1, 2]
