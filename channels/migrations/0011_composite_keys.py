from django.db import migrations

from sequencer.workspaces.composite_keys import tie


class Migration(migrations.Migration):
    dependencies = [("channels", "0010_external_sub_flows")]
    operations = [migrations.RunPython(tie("channels", "ExternalSubFlow"), migrations.RunPython.noop)]
