from django.db import migrations

from sequencer.workspaces.composite_keys import tie


class Migration(migrations.Migration):
    dependencies = [("sequences", "0022_bulk_jobs")]
    operations = [
        migrations.RunPython(tie("sequences", "BulkJob", "BulkChunk", "BulkProblem"), migrations.RunPython.noop)
    ]
