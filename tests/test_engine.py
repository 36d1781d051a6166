"""A run that says PostgreSQL and silently used SQLite has proven nothing."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.contrib.auth import get_user_model
from django.db import connection


@pytest.mark.django_db
def test_the_suite_runs_on_the_engine_that_the_launcher_named() -> None:
    expected = os.environ["EXPECT_ENGINE"]
    question = {"sqlite": "SELECT 'SQLite ' || sqlite_version()", "postgresql": "SELECT version()"}[expected]
    with connection.cursor() as cursor:
        cursor.execute(question)
        (answer,) = cursor.fetchone()
    assert connection.vendor == expected
    assert answer.lower().startswith(expected)


def test_a_process_of_its_own_works_on_this_tests_database(process_environment: dict[str, str]) -> None:
    get_user_model().objects.create_user("ann@example.com")
    question = "import django; django.setup(); from sequencer.workspaces.models import User; print(User.objects.get())"
    answer = subprocess.check_output([sys.executable, "-c", question], env=process_environment, text=True)
    assert answer.strip() == "ann@example.com"


@pytest.mark.django_db(transaction=True)
def test_sqlite_waits_for_its_lock_instead_of_failing() -> None:
    """SQLite only: on PostgreSQL there is nothing to set, and the test says so by asserting just that."""
    options = connection.settings_dict.get("OPTIONS", {})
    if connection.vendor == "postgresql":
        assert "transaction_mode" not in options
        return
    with connection.cursor() as cursor:
        modes = [cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
    assert modes == ["wal", 1]
    assert options["transaction_mode"] == "IMMEDIATE"
