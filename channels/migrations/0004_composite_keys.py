from django.db import migrations

from sequencer.workspaces.composite_keys import tie


class Migration(migrations.Migration):
    dependencies = [("channels", "0003_inbound")]
    operations = [migrations.RunPython(tie("channels", "SeenEvent"), migrations.RunPython.noop)]
