"""How Django talks to each database; the reasons are measured, see docs/architecture.md."""

from __future__ import annotations

from typing import Any

from dj_database_url import DBConfig
from django.db.backends.base.base import BaseDatabaseWrapper

# IMMEDIATE: a transaction that will write takes the lock at its start and waits for it, instead of failing midway with
# "database is locked". Hence no ATOMIC_REQUESTS: every atomic block takes the write lock.
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
}

# A server that falls silent (a cut network sends no farewell) is given up within half a minute, not after hours.
POSTGRESQL_OPTIONS: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
    # What the engine says with every wave is planned once for a connection: a tenth of the server's work.
    # Django's own statements carry their values in their texts, and are never prepared.
    "prepare_threshold": 5,
}

# The same from the server's side, in milliseconds. A process that stands still in the middle of a transaction (frozen,
# swapped out, its machine gone) keeps the locks it holds, and the server waits for it for ever, or for the two hours of
# a dead line. Well below DEAD_AFTER, so that whoever waits for such a lock is not taken for dead itself.
GIVEN_UP_AFTER = {"idle_in_transaction_session_timeout": "5000", "tcp_user_timeout": "20000"}


def tuned(config: DBConfig) -> dict[str, Any]:
    """The database of DATABASE_URL with the options that its engine needs."""
    shared = {**config, "ATOMIC_REQUESTS": False, "CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
    if "sqlite" in config["ENGINE"]:
        # A file for the tests too: in memory, two connections would not meet the locks of the real thing.
        return {**shared, "OPTIONS": SQLITE_OPTIONS, "TEST": {"NAME": f"{config['NAME']}-test"}}
    # A connection pooler in transaction mode breaks server-side cursors.
    options = {**POSTGRESQL_OPTIONS, **config.get("OPTIONS", {})}
    if options["prepare_threshold"] == "never":
        options["prepare_threshold"] = None
    return {**shared, "OPTIONS": options, "DISABLE_SERVER_SIDE_CURSORS": True}


def give_up_who_stands_still(connection: BaseDatabaseWrapper, **rest: Any) -> None:
    """Once per connection, and as a statement: a pooler refuses connections that ask for it as they open."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        settings = ", ".join("set_config(%s, %s, false)" for _ in GIVEN_UP_AFTER)
        cursor.execute(f"SELECT {settings}", [part for setting in GIVEN_UP_AFTER.items() for part in setting])  # noqa: S608
