from django.db import migrations

from sequencer.workspaces.composite_keys import tie


class Migration(migrations.Migration):
    dependencies = [("channels", "0005_message_templates")]
    operations = [migrations.RunPython(tie("channels", "MessageTemplate"), migrations.RunPython.noop)]
