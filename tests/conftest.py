"""What every test may ask for."""

from __future__ import annotations

import os
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from tests.environment import VARIABLES

# Hashing a password slowly is the point of it, but not of a test.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

Environ = dict[str, str]


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
    """What only PostgreSQL can promise is not asked of SQLite."""
    if connection.vendor != "postgresql":
        left_out = {item for item in items if item.get_closest_marker("postgresql")}
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=list(left_out))
