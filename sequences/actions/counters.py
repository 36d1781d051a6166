"""What a process counts for its operator: kept in mind, and added to the database's counters every few seconds.

No message waits for it. What a killed process had not stored yet is missing from the figures, and from nothing else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from django.db import connection, transaction

from sequences.models import Counter

# Runs that store at the same moment do not wait for each other's rows.
SHARDS = 16
LATENESS_BUCKETS = (0.1, 0.25, 0.5, 1, 2, 5, 15, 60, 300, 3600)
REQUEST_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2, 5, 15, 60)
Labels = tuple[str, ...]
Counts = dict[tuple[str, Labels], float]
_counted: Counts = defaultdict(float)


def count(name: str, labels: Labels, by: float = 1) -> None:
    """One more, once the transaction at hand is committed."""
    transaction.on_commit(lambda: _add({(name, labels): by}))


def observe_all(name: str, labels: Labels, seconds: Iterable[float], buckets: Iterable[float]) -> None:
    """Durations for a histogram: each counts in the first bucket that holds it, and in the sum."""
    found: Counts = defaultdict(float)
    limits = list(buckets)
    for value in seconds:
        limit = next((str(one) for one in limits if value <= one), "+Inf")
        found[f"{name}_bucket", (*labels, limit)] += 1
        found[f"{name}_sum", labels] += value
    transaction.on_commit(lambda: _add(found))


def _add(found: Mapping[tuple[str, Labels], float]) -> None:
    for key, value in found.items():
        _counted[key] += value


def store_counters(shard: int) -> None:
    """Add what was counted since the last time, in one statement."""
    rows = [(shard % SHARDS, name, "|".join(labels), value) for (name, labels), value in sorted(_counted.items())]
    if not rows:
        return
    table = Counter._meta.db_table
    statement = (
        f"INSERT INTO {table} (shard, name, labels, value) VALUES {', '.join(['(%s, %s, %s, %s)'] * len(rows))} "  # noqa: S608
        f"ON CONFLICT (shard, name, labels) DO UPDATE SET value = {table}.value + excluded.value"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [value for row in rows for value in row])
    _counted.clear()
