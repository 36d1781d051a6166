"""Runs the suite on SQLite and on a real PostgreSQL, or any command beside such a database.

    python -m tests.launch [pytest arguments]                      both halves
    python -m tests.launch --only postgresql [pytest arguments]    one half
    python -m tests.launch --with postgresql -- COMMAND ...        a command with DATABASE_URL and the rest set
    --durable                                                      keep PostgreSQL's own durability (benchmarks)

A launcher and not a pytest hook: settings are read once, so the database must be chosen before the process starts.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType

from tests.environment import settled
from tests.servers import ENGINES, Database

ROOT = Path(__file__).resolve().parent.parent


def run_beside(database: Database, command: list[str]) -> int:
    """Run `command` on `database` and return its exit code."""
    environment = settled(os.environ, DATABASE_URL=database.url, EXPECT_ENGINE=database.engine)
    with subprocess.Popen(command, cwd=ROOT, env=environment) as process:
        try:
            return process.wait()
        except (KeyboardInterrupt, SystemExit):
            process.terminate()
            process.wait()
            raise


def run_half(engine: str, arguments: list[str], durable: bool) -> int:
    """Run pytest on one engine, under a line that names it."""
    with ENGINES[engine](durable) as database:
        print(f"== {database.title}", flush=True)  # noqa: T201
        return run_beside(database, [sys.executable, "-m", "pytest", *arguments])


def leave(number: int, frame: FrameType | None) -> None:
    """A request to stop ends the children too: SystemExit runs every `finally` on the way out."""
    sys.exit(128 + number)


def main(argv: list[str]) -> int:
    """The exit code: zero only if every half that was asked for passed."""
    before, separator, command = argv, False, list[str]()
    if "--" in argv:
        at = argv.index("--")
        before, separator, command = argv[:at], True, argv[at + 1 :]
    parser = argparse.ArgumentParser(prog="python -m tests.launch", description=__doc__, allow_abbrev=False)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--only", choices=sorted(ENGINES))
    parser.add_argument("--with", dest="beside", choices=sorted(ENGINES))
    parser.add_argument("--durable", action="store_true")
    options, rest = parser.parse_known_args(before)
    signal.signal(signal.SIGTERM, leave)
    if options.beside:
        if not command:
            parser.error("--with needs a command after --")
        with ENGINES[options.beside](options.durable) as database:
            return run_beside(database, command)
    arguments = [*rest, "--", *command] if separator else rest
    codes = [run_half(engine, arguments, options.durable) for engine in ([options.only] if options.only else ENGINES)]
    return max(codes, key=abs)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
