from django.db import migrations, models

from sequencer.written_steps import on_postgresql

# The unique key stays as it is and takes the place of the primary one: nothing is built, nobody waits.
STATEMENTS = (
    "ALTER TABLE sequences_sentpart REPLICA IDENTITY USING INDEX sent_part_once",
    "ALTER TABLE sequences_sentpart DROP COLUMN id",
)


class Migration(migrations.Migration):
    dependencies = [("sequences", "0035_looked_up_at_less")]
    operations = [
        # SQLite keeps its column, which costs it nothing: it is the row's place in the table.
        migrations.SeparateDatabaseAndState(
            [migrations.RunPython(on_postgresql(STATEMENTS), migrations.RunPython.noop)],
            [
                migrations.RemoveField("sentpart", "id"),
                migrations.AddField(
                    "sentpart",
                    "pk",
                    models.CompositePrimaryKey("delivery_id", "part", "workspace_id", serialize=False),
                ),
            ],
        )
    ]
