from django.db import migrations

from sequences.sql.tally import ALREADY_DECIDED, POSTGRESQL, SQLITE


def keep_tallies(apps, schema_editor):
    for statement in POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement, params=None)
    schema_editor.execute(ALREADY_DECIDED, params=None)


class Migration(migrations.Migration):
    dependencies = [("sequences", "0013_composite_keys")]
    operations = [migrations.RunPython(keep_tallies, migrations.RunPython.noop)]
