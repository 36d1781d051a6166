from django.db import migrations

from sequencer.workspaces.composite_keys import tie


class Migration(migrations.Migration):
    dependencies = [("sequences", "0001_initial")]
    operations = [migrations.RunPython(tie("sequences"), migrations.RunPython.noop)]
