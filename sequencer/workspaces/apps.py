from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WorkspacesConfig(AppConfig):
    name = "sequencer.workspaces"
    label = "workspaces"
    verbose_name = _("Workspace")
    default_auto_field = "django.db.models.BigAutoField"
