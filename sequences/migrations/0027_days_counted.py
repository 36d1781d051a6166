from django.db import migrations

from sequencer.workspaces.composite_keys import tie
from sequences.sql.tally import ENTRY_TRIGGERS_ON_POSTGRESQL, functions_on_postgresql


def count_days(apps, schema_editor):
    """On SQLite the triggers are made anew after every migrate, once the old ones are gone."""
    if schema_editor.connection.vendor == "postgresql":
        for statement in (*functions_on_postgresql(), *ENTRY_TRIGGERS_ON_POSTGRESQL):
            schema_editor.execute(statement, params=None)
    else:
        for name in ("sequences_tally_made", "sequences_tally_moved"):
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {name}")


class Migration(migrations.Migration):
    dependencies = [("sequences", "0026_days")]
    operations = [
        migrations.RunPython(tie("sequences", "StepDay", "EntryTally", "EntryDay"), migrations.RunPython.noop),
        migrations.RunPython(count_days, migrations.RunPython.noop),
    ]
