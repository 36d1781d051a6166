"""`make bench`: measures what messages and pages cost and writes docs/benchmarks.md; fails when a figure is missed.

Other questions by their names: `make bench ARGS="lateness"`, fairness, claims, rounds, killed.
"""

from __future__ import annotations

import argparse
import sys
from importlib import import_module

import django

django.setup()

from django.core.management import call_command  # noqa: E402  # Django's models want their settings first
from django.db import connection  # noqa: E402

from benchmarks.bulk import AT_MOST as BULK_AT_MOST  # noqa: E402
from benchmarks.bulk import compare_bulk  # noqa: E402
from benchmarks.form import look_at_form  # noqa: E402
from benchmarks.lists import look_at_lists  # noqa: E402
from benchmarks.messages import compare  # noqa: E402
from benchmarks.pages import look_at_pages, two_places  # noqa: E402
from benchmarks.report import put_sections, write_bulk, write_form, write_lists, write_messages, write_pages  # noqa: E402
from benchmarks.sink import SinkMissing  # noqa: E402

QUESTIONS = ("lateness", "fairness", "claims", "rounds", "killed")
AT_MOST = 2.5
GROWS_AT_MOST = 1.1


def main(arguments: list[str]) -> int:
    """The exit code: zero only if no figure that was measured is missed; those of the browser are told, not judged."""
    if arguments and arguments[0] in QUESTIONS:
        call_command("migrate", verbosity=0)
        return int(import_module(f"benchmarks.{arguments[0]}").main(arguments[1:]))
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000, help="due at once; 0 leaves the engine out")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--people", type=int, default=1_000_000, help="behind the pages; 0 leaves the pages out")
    parser.add_argument("--bulk", type=int, default=1_000_000, help="people of a bulk job; 0 leaves it out")
    parser.add_argument("--peers", type=float, default=1.0, help="share of the peers' messages; 0 leaves them out")
    parser.add_argument("--peers-python", default=".venv-bench/bin/python", help="a Python that has their libraries")
    parser.add_argument("--dry", action="store_true", help="print the sections instead of writing them")
    options = parser.parse_args(arguments)
    if connection.vendor != "postgresql":
        parser.error("the figures are about PostgreSQL: make bench starts one")
    call_command("migrate", verbosity=0)
    text, is_missed = "", False
    if options.messages:
        try:
            comparison = compare(options.messages, options.rounds, python=options.peers_python, share=options.peers)
        except SinkMissing as missing:
            parser.error(str(missing))
        text += write_messages(comparison, AT_MOST, f"PostgreSQL {_version()}")
        is_missed = comparison.ratio > AT_MOST or comparison.memory_growth > GROWS_AT_MOST or bool(comparison.missed)
    if options.people:
        small, large = two_places(options.people)
        pages = look_at_pages(small, large)
        text += write_pages(pages, options.people) + write_form(look_at_form(large), options.people)
        is_missed = is_missed or not all(page.is_level for page in pages)
    if options.bulk:
        bulk, lists = compare_bulk(options.bulk), look_at_lists(options.bulk)
        text += write_bulk(bulk) + write_lists(lists, options.bulk)
        is_missed = is_missed or bulk.ratio > BULK_AT_MOST or not all(one.is_level for one in lists)
    print(text)
    if not options.dry:
        put_sections(text)
    return int(is_missed)


def _version() -> str:
    number = connection.cursor().connection.info.server_version
    return f"{number // 10000}.{number % 10000}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
