from django.db import migrations

from sequencer.workspaces.composite_keys import tie


class Migration(migrations.Migration):
    dependencies = [("sequences", "0006_kept_answers")]
    operations = [migrations.RunPython(tie("sequences", "KeptAnswer"), migrations.RunPython.noop)]
