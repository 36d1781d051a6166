from django.db import migrations

from sequencer.workspaces.composite_keys import tie

# PostgreSQL looks after a table when a fifth of it has changed: of a hundred million rows, far too late.
LARGE = {
    "autovacuum_vacuum_scale_factor": "0.02",
    "autovacuum_vacuum_insert_scale_factor": "0.05",
    "autovacuum_analyze_scale_factor": "0.02",
}
# A few rows that change all the time: looked after by the number of changes, with room on their pages for the next.
SMALL = {"autovacuum_vacuum_scale_factor": "0", "autovacuum_vacuum_threshold": "1000", "fillfactor": "50"}
TABLES = (
    (LARGE, "sequences", ("Subscription", "Delivery", "SentPart", "ContactEvent", "PastEntry")),
    (LARGE, "channels", ("Contact", "SeenEvent")),
    (SMALL, "sequences", ("Run", "Counter", "Tally", "Installation")),
    (SMALL, "channels", ("Channel",)),
)


def keep_lean(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    for settings, app, names in TABLES:
        listed = ", ".join(f"{name} = {value}" for name, value in settings.items())
        for name in names:
            schema_editor.execute(f"ALTER TABLE {apps.get_model(app, name)._meta.db_table} SET ({listed})")


class Migration(migrations.Migration):
    dependencies = [("sequences", "0017_retention")]
    operations = [
        migrations.RunPython(tie("sequences", "PastEntry"), migrations.RunPython.noop),
        migrations.RunPython(keep_lean, migrations.RunPython.noop),
    ]
