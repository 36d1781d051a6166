"""What every test may ask for."""

from __future__ import annotations

import gc
import os
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.db.backends.signals import connection_created

from sequencer.database import give_up_who_stands_still
from tests.environment import VARIABLES
from tests.journeys.sizes import IS_FULL

# Hashing a password slowly is the point of it, but not of a test.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# A test may think for a while in the middle of its transaction; the processes it starts may not.
connection_created.disconnect(give_up_who_stands_still)

# Pages and endpoints are asked of one database: journeys in the browser and by the API alone go through the other.
FACES = ("admin", "api")
Environ = dict[str, str]
# How much nicer a process is that only computes: beside two of them a dispatcher still has a processor, and when
# processes start beside those, what has half a second for its answer still gets it.
GIVES_WAY = 3


def database_url() -> str:
    """The address of the database this test runs on, for a process of its own."""
    values: dict[str, Any] = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{values['NAME']}"
    # Only the name differs from what the launcher gave: pytest-django made a database beside it.
    return os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{values['NAME']}"


@pytest.fixture
def process_environment(transactional_db: None) -> Environ:
    """The environment for a process that works on this test's database (what it sees must be committed)."""
    return {**os.environ, **VARIABLES, "DATABASE_URL": database_url()}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What only PostgreSQL can promise is not asked of SQLite, and what means the same on both is asked once."""
    left_out = {item for item in items if not _is_asked_of(connection.vendor, item)}
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=list(left_out))


def pytest_collection_finish(session: pytest.Session) -> None:
    """What was collected stays to the end: looking through it for garbage again and again is a tenth of a run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Whoever has had his journeys, or has none, gives way to whoever measures time in one beside him."""
    if "PYTEST_XDIST_WORKER" in os.environ and item.path.parent.name != "journeys" and os.nice(0) < GIVES_WAY:
        os.nice(GIVES_WAY)


def _is_asked_of(engine: str, item: pytest.Item) -> bool:
    if engine == "sqlite":
        return not item.get_closest_marker("postgresql") and _once(item) != "postgresql"
    return _once(item) != "sqlite" and (IS_FULL or _once(item) == "postgresql" or _asks_a_database(item))


def _once(item: pytest.Item) -> str:
    if IS_FULL:
        return ""
    marker = item.get_closest_marker("once")
    return str(marker.args[0]) if marker else ("postgresql" if item.path.parent.name in FACES else "")


def _asks_a_database(item: pytest.Item) -> bool:
    fixtures = {"db", "transactional_db", "django_db_setup"} & set(getattr(item, "fixturenames", ()))
    return bool(fixtures) or item.get_closest_marker("django_db") is not None or "test_engine" in item.nodeid
