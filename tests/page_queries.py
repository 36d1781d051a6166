"""What a page asks of the database, and whether PostgreSQL would read a whole table to answer it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

# Read whole, these grow with the people, not with what a marketer makes.
GROWING = ("sequences_subscription", "sequences_delivery", "sequences_sentpart", "channels_contact")

_SCAN = re.compile(r"Seq Scan on (\w+)")


@dataclass(frozen=True, slots=True)
class Opened:
    """A page that was opened: its reading queries, and how many there were of all kinds."""

    count: int
    selects: list[str]

    def full_scans(self) -> set[str]:
        """The growing tables that the planner would read from end to end, by its statistics as they are."""
        return {table for select in self.selects for table in _scanned(select) if table in GROWING}


def opened(browser: Client, url: str) -> Opened:
    """Open it once to warm what is cached, and once to look."""
    _get(browser, url)
    with CaptureQueriesContext(connection) as captured:
        _get(browser, url)
    statements = [query["sql"] for query in captured.captured_queries]
    return Opened(len(statements), [one for one in statements if one.startswith("SELECT")])


def _get(browser: Client, url: str) -> None:
    status = browser.get(url).status_code
    if status != 200:
        raise AssertionError(f"{url} answered {status}")


def _scanned(select: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + select.replace("%", "%%"), [])
        return [table for (line,) in cursor.fetchall() for table in _SCAN.findall(line)]
