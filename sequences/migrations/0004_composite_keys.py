from django.db import migrations

from sequencer.workspaces.composite_keys import tie


class Migration(migrations.Migration):
    dependencies = [("sequences", "0003_receipts")]
    operations = [migrations.RunPython(tie("sequences", "EarlyReceipt"), migrations.RunPython.noop)]
