"""Steps of migrations that are written in PostgreSQL's own words; SQLite has no use for them, or makes its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def on_postgresql(statements: Iterable[str]) -> Any:
    """The forward step of a migration, for `RunPython(on_postgresql(...), migrations.RunPython.noop)`."""

    def forward(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
        if schema_editor.connection.vendor != "postgresql":
            return
        for statement in statements:
            schema_editor.execute(statement, params=None)

    return forward
