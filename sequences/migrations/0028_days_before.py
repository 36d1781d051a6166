from django.db import migrations

from sequences.sql.tally import days_before_they_were_counted

# As in 0018: by the number of changes, for what is small and changes all the time; a share of what is large.
LARGE = {
    "autovacuum_vacuum_scale_factor": "0.02",
    "autovacuum_vacuum_insert_scale_factor": "0.05",
    "autovacuum_analyze_scale_factor": "0.02",
}
SMALL = {"autovacuum_vacuum_scale_factor": "0", "autovacuum_vacuum_threshold": "1000", "fillfactor": "50"}
TABLES = (
    (LARGE, ("WebhookMessage", "WebhookAttempt")),
    (SMALL, ("EntryTally", "WebhookEndpoint")),
)


def look_back(apps, schema_editor):
    """No lock is held while a long history is read: each statement finds what is missing as of one moment."""
    for statement in days_before_they_were_counted():
        schema_editor.execute(statement, params=None)


def keep_lean(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    for settings, names in TABLES:
        listed = ", ".join(f"{name} = {value}" for name, value in settings.items())
        for name in names:
            schema_editor.execute(f"ALTER TABLE {apps.get_model('sequences', name)._meta.db_table} SET ({listed})")


class Migration(migrations.Migration):
    dependencies = [("sequences", "0027_days_counted")]
    operations = [
        # Tables are altered before rows are written: PostgreSQL has their references to look up until the end.
        migrations.RunPython(keep_lean, migrations.RunPython.noop),
        migrations.RunPython(look_back, migrations.RunPython.noop),
    ]
