from django.db import migrations

from sequencer.workspaces.composite_keys import tie


class Migration(migrations.Migration):
    dependencies = [("sequences", "0012_spread_and_tally")]
    operations = [migrations.RunPython(tie("sequences", "Tally"), migrations.RunPython.noop)]
