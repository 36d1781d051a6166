from django.db import migrations

from sequencer.written_steps import on_postgresql
from sequences.sql.outbox import POSTGRESQL_ERASURES


# On SQLite the triggers are restored after every migrate.
class Migration(migrations.Migration):
    dependencies = [("sequences", "0024_references_once_a_statement"), ("channels", "0009_erasure")]
    operations = [migrations.RunPython(on_postgresql(POSTGRESQL_ERASURES), migrations.RunPython.noop)]
