from django.db import migrations

from sequencer.workspaces.composite_keys import tie
from sequencer.written_steps import on_postgresql
from sequences.sql.outbox import POSTGRESQL


# On SQLite the triggers are restored after every migrate.
class Migration(migrations.Migration):
    dependencies = [("sequences", "0019_webhook_endpoints")]
    operations = [
        migrations.RunPython(
            tie("sequences", "WebhookEndpoint", "WebhookMessage", "WebhookAttempt"), migrations.RunPython.noop
        ),
        migrations.RunPython(on_postgresql(POSTGRESQL), migrations.RunPython.noop),
    ]
