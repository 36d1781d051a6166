from django.db import migrations

from sequencer.workspaces.composite_keys import tie


class Migration(migrations.Migration):
    dependencies = [("sequences", "0008_events")]
    operations = [migrations.RunPython(tie("sequences", "EventRule", "ContactEvent"), migrations.RunPython.noop)]
