from django.db import migrations

from sequencer.workspaces.composite_keys import tie


class Migration(migrations.Migration):
    dependencies = [("channels", "0012_person")]
    operations = [
        migrations.RunPython(tie("channels", "Contact", column="person_id"), migrations.RunPython.noop),
    ]
