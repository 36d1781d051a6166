from django.db import migrations

from sequencer.written_steps import on_postgresql
from sequences.sql.owners import POSTGRESQL


class Migration(migrations.Migration):
    dependencies = [("sequences", "0031_elsewhere")]
    operations = [migrations.RunPython(on_postgresql(POSTGRESQL), migrations.RunPython.noop)]
