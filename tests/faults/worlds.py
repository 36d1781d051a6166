"""What outlives a process: the rows that were committed, what the provider took, and the moment.

Who dies where nothing of that has moved since the point before leaves behind what he would have left behind there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from django.db import connection, transaction
from psycopg import Cursor

from sequences.sql import arrays

# A statement that locks rows writes none.
LOCKS = re.compile(r"\bFOR (NO KEY )?UPDATE\b", re.IGNORECASE)
WRITES = re.compile(r"\b(INSERT|UPDATE|DELETE)\b", re.IGNORECASE)


class Commits:
    """Counts what was stored for good: statements that write outside a transaction, and writes that were committed."""

    def __init__(self) -> None:
        self.number = 0

    def saw(self, statement: str) -> None:
        if WRITES.search(LOCKS.sub("", statement)):
            transaction.on_commit(self._one_more)

    def _one_more(self) -> None:
        self.number += 1


@contextmanager
def counted_commits() -> Iterator[Commits]:
    """What is stored meanwhile, by Django's cursors or by the engine's own; what is rolled back does not count."""
    commits = Commits()

    def of_django(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        result = execute(sql, params, many, context)
        commits.saw(sql)
        return result

    class OfTheEngine(Cursor[Any]):
        def execute(self, query: Any, *args: Any, **options: Any) -> Any:
            result = super().execute(query, *args, **options)
            commits.saw(query.decode())
            return result

    with connection.execute_wrapper(of_django), mock.patch.object(arrays, "Cursor", OfTheEngine):
        yield commits
