from django.db import migrations

from sequencer.workspaces.composite_keys import tie


class Migration(migrations.Migration):
    dependencies = [("sequences", "0010_trying")]
    operations = [
        migrations.RunPython(
            tie("sequences", "Trial", "TrialPart", "Rehearsal", "RehearsalLine"), migrations.RunPython.noop
        )
    ]
