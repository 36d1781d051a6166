"""`make bench`: measures what messages and pages cost and writes docs/benchmarks.md; fails when a figure is missed."""

from __future__ import annotations

import argparse
import sys

import django

django.setup()

from django.core.management import call_command  # noqa: E402  # Django's models want their settings first
from django.db import connection  # noqa: E402

from benchmarks.messages import compare  # noqa: E402
from benchmarks.pages import look_at_pages  # noqa: E402
from benchmarks.report import PAGE, write_messages, write_pages  # noqa: E402
from benchmarks.sink import SinkMissing  # noqa: E402

AT_MOST = 5.0
GROWS_AT_MOST = 1.1


def main(arguments: list[str]) -> int:
    """The exit code: zero only if the engine costs at most AT_MOST times the loop and its memory stays level."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--people", type=int, default=1_000_000, help="behind the pages; 0 leaves the pages out")
    parser.add_argument("--dry", action="store_true", help="print the page instead of writing it")
    options = parser.parse_args(arguments)
    if connection.vendor != "postgresql":
        parser.error("the figures are about PostgreSQL: make bench starts one")
    call_command("migrate", verbosity=0)
    try:
        comparison = compare(options.messages, options.rounds)
    except SinkMissing as missing:
        parser.error(str(missing))
    text = write_messages(comparison, AT_MOST, f"PostgreSQL {_version()}")
    pages = look_at_pages(options.people) if options.people else []
    text += write_pages(pages, options.people) if pages else ""
    print(text)
    if not options.dry:
        PAGE.write_text(text)
    are_level = comparison.memory_growth <= GROWS_AT_MOST and all(page.is_level for page in pages)
    return int(comparison.ratio > AT_MOST or not are_level)


def _version() -> str:
    number = connection.cursor().connection.info.server_version
    return f"{number // 10000}.{number % 10000}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
