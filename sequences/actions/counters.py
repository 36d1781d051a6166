"""What a process counts for its operator: kept in mind, and added to the database's counters every few seconds.

No message waits for it. What a killed process had not stored yet is missing from the figures, and from nothing else.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from threading import Lock
from time import monotonic

from django.db import connection, transaction

from sequences.models import Counter as StoredCounter

# Runs that store at the same moment do not wait for each other's rows.
SHARDS = 16
LATENESS_BUCKETS = (0.1, 0.25, 0.5, 1, 2, 5, 15, 60, 300, 3600)
REQUEST_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2, 5, 15, 60)
Labels = tuple[str, ...]
Counts = dict[tuple[str, Labels], float]
STORED_EVERY = 2.0
_counted: Counts = defaultdict(float)
# Web processes count in several threads.
_LOCK = Lock()
_stored_at = float("-inf")


def count(name: str, labels: Labels, by: float = 1) -> None:
    """One more, once the transaction at hand is committed."""
    transaction.on_commit(lambda: _add({(name, labels): by}))


def observe_all(name: str, labels: Labels, seconds: Counter[float], buckets: Iterable[float]) -> None:
    """Durations for a histogram, with how often each was met: in the first bucket that holds it, and in the sum."""
    found: Counts = defaultdict(float)
    limits = sorted(buckets)
    names = [*map(str, limits), "+Inf"]
    for value, times in seconds.items():
        found[f"{name}_bucket", (*labels, names[bisect_left(limits, value)])] += times
        found[f"{name}_sum", labels] += value * times
    transaction.on_commit(lambda: _add(found))


def _add(found: Mapping[tuple[str, Labels], float]) -> None:
    with _LOCK:
        for key, value in found.items():
            _counted[key] += value


def store_counters(shard: int) -> None:
    """Add what was counted since the last time, in one statement."""
    with _LOCK:
        counted = dict(_counted)
        _counted.clear()
    try:
        _store(shard, counted)
    except BaseException:
        _add(counted)
        raise


def store_now_and_then(shard: int) -> None:
    """The same for a process without a rhythm of its own: when it counts, and the last time is a while ago."""
    global _stored_at  # noqa: PLW0603  # one process, one rhythm
    if monotonic() - _stored_at >= STORED_EVERY:
        _stored_at = monotonic()
        store_counters(shard)


def _store(shard: int, counted: Counts) -> None:
    rows = [(shard % SHARDS, name, "|".join(labels), value) for (name, labels), value in sorted(counted.items())]
    if not rows:
        return
    table = StoredCounter._meta.db_table
    statement = (
        f"INSERT INTO {table} (shard, name, labels, value) VALUES {', '.join(['(%s, %s, %s, %s)'] * len(rows))} "  # noqa: S608
        f"ON CONFLICT (shard, name, labels) DO UPDATE SET value = {table}.value + excluded.value"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [value for row in rows for value in row])
