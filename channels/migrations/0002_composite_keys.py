from django.db import migrations

from sequencer.workspaces.composite_keys import tie


class Migration(migrations.Migration):
    dependencies = [("channels", "0001_initial")]
    operations = [migrations.RunPython(tie("channels"), migrations.RunPython.noop)]
