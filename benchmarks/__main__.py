"""`make bench`: measures what a message costs and writes docs/benchmarks.md; fails when the figure is missed."""

from __future__ import annotations

import argparse
import sys

import django

django.setup()

from django.core.management import call_command  # noqa: E402  # Django's models want their settings first
from django.db import connection  # noqa: E402

from benchmarks.messages import compare  # noqa: E402
from benchmarks.report import PAGE, write_messages  # noqa: E402
from benchmarks.sink import SinkMissing  # noqa: E402

AT_MOST = 5.0
GROWS_AT_MOST = 1.1


def main(arguments: list[str]) -> int:
    """The exit code: zero only if the engine costs at most AT_MOST times the loop and its memory stays level."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dry", action="store_true", help="print the page instead of writing it")
    options = parser.parse_args(arguments)
    if connection.vendor != "postgresql":
        parser.error("the figures are about PostgreSQL: make bench starts one")
    call_command("migrate", verbosity=0)
    try:
        comparison = compare(options.messages, options.rounds)
    except SinkMissing as missing:
        parser.error(str(missing))
    page = write_messages(comparison, AT_MOST, f"PostgreSQL {_version()}")
    print(page)
    if not options.dry:
        PAGE.write_text(page)
    return int(comparison.ratio > AT_MOST or comparison.memory_growth > GROWS_AT_MOST)


def _version() -> str:
    number = connection.cursor().connection.info.server_version
    return f"{number // 10000}.{number % 10000}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
