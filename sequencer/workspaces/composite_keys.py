"""Foreign keys that carry the workspace, in PostgreSQL: a row of another tenant cannot even be pointed at.

Django has no composite foreign keys, so a migration replaces each `x_id -> x.id` between tenant tables by
`(workspace_id, x_id) -> x (workspace_id, id)`. SQLite keeps the single ones; a test walks both.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def tie(app_label: str, *names: str, column: str = "") -> Any:
    """The forward step of a migration of `app_label`, for `RunPython(tie(...), migrations.RunPython.noop)`.

    `names` are the models that this migration adds; none means all that there are. `column`: the one that was added
    to a model that is there already.
    """

    def forward(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
        if schema_editor.connection.vendor != "postgresql":
            return
        listed = apps.get_app_config(app_label).get_models()
        for model, field in tenant_references(one for one in listed if not names or one.__name__ in names):
            if column not in ("", field.column):
                continue
            for name in schema_editor._constraint_names(model, [field.column], foreign_key=True):  # type: ignore[attr-defined]
                schema_editor.execute(f"ALTER TABLE {model._meta.db_table} DROP CONSTRAINT {name}")
            target = field.related_model
            schema_editor.execute(
                f"ALTER TABLE {model._meta.db_table} ADD CONSTRAINT {constraint_name(model, field)} "
                f"FOREIGN KEY (workspace_id, {field.column}) REFERENCES {target._meta.db_table} (workspace_id, id) "
                "DEFERRABLE INITIALLY DEFERRED"
            )

    return forward


def tenant_references(app_models: Any) -> Iterator[tuple[Any, Any]]:
    """Every foreign key from one tenant table to another, the workspace itself left out."""
    for model in app_models:
        if not _is_tenant(model):
            continue
        for field in model._meta.local_fields:
            if isinstance(field, models.ForeignKey) and field.name != "workspace" and _is_tenant(field.related_model):
                yield model, field


def constraint_name(model: Any, field: Any) -> str:
    return f"{model._meta.db_table}_{field.column}_in_workspace"[:63]


def _is_tenant(model: Any) -> bool:
    return any(field.name == "workspace" for field in model._meta.local_fields)
