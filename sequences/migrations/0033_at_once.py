from django.db import migrations

from sequencer.written_steps import on_postgresql
from sequences.sql.at_once import POSTGRESQL


class Migration(migrations.Migration):
    dependencies = [("sequences", "0032_owners_by_key"), ("channels", "0014_words_at_once")]
    operations = [migrations.RunPython(on_postgresql(POSTGRESQL), migrations.RunPython.noop)]
