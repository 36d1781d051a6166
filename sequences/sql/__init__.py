"""The few statements that differ between databases. The plain form runs on any; both are tested to do the same."""

from __future__ import annotations

from types import ModuleType

from django.db import connection

from sequences.sql import plain, postgresql


def dialect() -> ModuleType:
    """The module that speaks to the database in use: claim, update_rows, insert_rows, mark_leaving..."""
    return postgresql if connection.vendor == "postgresql" else plain
