from django.db import migrations

from sequencer.written_steps import on_postgresql
from sequences.sql.owners import POSTGRESQL
from sequences.sql.references import subscription_steps
from sequences.sql.tally import functions_on_postgresql


def as_they_are_today(apps, schema_editor):
    """What the triggers call is replaced; no table is locked."""
    on_postgresql((*POSTGRESQL, subscription_steps(), *functions_on_postgresql()))(apps, schema_editor)


class Migration(migrations.Migration):
    dependencies = [("sequences", "0034_one_index_of_people")]
    operations = [migrations.RunPython(as_they_are_today, migrations.RunPython.noop)]
