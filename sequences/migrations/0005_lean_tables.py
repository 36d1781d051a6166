from django.db import migrations

# Written once and more for every message: each reference is checked at each write, and each update that finds no room
# on its page copies the row's index entries. The composite keys (0002) imply the plain references to the workspace;
# a run is never deleted while anything is in its hands.
LEAN = (
    ("Subscription", ("workspace_id", "run_id")),
    ("Delivery", ("workspace_id", "run_id")),
    ("SentPart", ("workspace_id",)),
)


def make_lean(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    for name, columns in LEAN:
        model = apps.get_model("sequences", name)
        table = model._meta.db_table
        for column in columns:
            for constraint in schema_editor._constraint_names(model, [column], foreign_key=True):
                schema_editor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")
        if name != "SentPart":
            schema_editor.execute(f"ALTER TABLE {table} SET (fillfactor = 50)")


class Migration(migrations.Migration):
    dependencies = [("sequences", "0004_composite_keys")]
    operations = [migrations.RunPython(make_lean, migrations.RunPython.noop)]
