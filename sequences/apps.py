from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class SequencesConfig(AppConfig):
    name = "sequences"
    verbose_name = _("Automations")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from sequences import receivers
        from sequences.sql import outbox, tally

        receivers.connect()
        for kept in (tally, outbox):
            pre_migrate.connect(kept.take_triggers_away, sender=self)
            post_migrate.connect(kept.restore_triggers, sender=self)
