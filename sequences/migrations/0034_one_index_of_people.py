from django.db import migrations, models
from django.db.models import deletion

NAME = "subscription_once_at_a_time"


class Migration(migrations.Migration):
    dependencies = [("sequences", "0033_at_once"), ("channels", "0014_words_at_once")]
    operations = [
        migrations.RemoveConstraint("subscription", NAME),
        migrations.AddConstraint(
            "subscription",
            models.UniqueConstraint(
                "contact",
                "sequence",
                "workspace",
                models.Case(models.When(state="active", then=0), default="id", output_field=models.BigIntegerField()),
                name=NAME,
            ),
        ),
        # Said as it is: Django would write the table anew on SQLite, whose triggers would go with the old one.
        migrations.SeparateDatabaseAndState(
            [migrations.RunSQL("DROP INDEX sequences_subscription_contact_id_9954ca59", migrations.RunSQL.noop)],
            [
                migrations.AlterField(
                    "subscription",
                    "contact",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=deletion.CASCADE,
                        related_name="subscriptions",
                        to="channels.contact",
                        verbose_name="contact",
                    ),
                )
            ],
        ),
    ]
