from django.db import migrations

from sequences.sql.references import LOOKED_UP, POSTGRESQL


def look_up_once(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    for table, column in LOOKED_UP:
        schema_editor.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {f'{table}_{column}_in_workspace'[:63]}")
    for statement in POSTGRESQL:
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("sequences", "0023_bulk_jobs_composite_keys")]
    operations = [
        migrations.RunPython(look_up_once, migrations.RunPython.noop),
        migrations.RemoveConstraint(model_name="sentpart", name="sent_part_workspace_id"),
    ]
