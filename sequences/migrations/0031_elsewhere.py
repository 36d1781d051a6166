from django.db import migrations

from sequencer.written_steps import on_postgresql
from sequences.sql.elsewhere import POSTGRESQL


class Migration(migrations.Migration):
    dependencies = [("sequences", "0030_fall_back"), ("channels", "0013_person_composite_keys")]
    operations = [migrations.RunPython(on_postgresql(POSTGRESQL), migrations.RunPython.noop)]
