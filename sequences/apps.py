from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class SequencesConfig(AppConfig):
    name = "sequences"
    verbose_name = _("Automations")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from sequences import receivers
        from sequences.sql.tally import restore_triggers

        receivers.connect()
        post_migrate.connect(restore_triggers, sender=self)
