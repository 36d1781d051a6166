"""The first pytest plugin (`-p tests.preparation`): settles the environment before Django's settings are read."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from tests.environment import VARIABLES, sqlite_url


def prepare() -> None:
    """Fill os.environ; a DATABASE_URL stays only when the launcher chose it (it says so by EXPECT_ENGINE)."""
    os.environ.update(VARIABLES)
    if "EXPECT_ENGINE" not in os.environ:
        # A folder of its own, so that two runs beside each other never share a file.
        folder = tempfile.mkdtemp(prefix="sequencer-tests-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        os.environ["DATABASE_URL"] = sqlite_url(Path(folder))
        os.environ["EXPECT_ENGINE"] = "sqlite"


prepare()
