from django.db import migrations

from sequencer.written_steps import on_postgresql
from channels.sql.words import POSTGRESQL


class Migration(migrations.Migration):
    dependencies = [("channels", "0013_person_composite_keys")]
    operations = [migrations.RunPython(on_postgresql(POSTGRESQL), migrations.RunPython.noop)]
