"""The audit log in words: its verbs, kinds and fields in the language of whoever reads it."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sequencer.workspaces.models import AuditEvent, Scope, TenantModel, Workspace

VERBS: dict[str, Promise] = {
    "created": pgettext_lazy("audit log", "created"),
    "changed": pgettext_lazy("audit log", "changed"),
    "archived": pgettext_lazy("audit log", "archived"),
    "active": pgettext_lazy("audit log", "made active"),
    "draft": pgettext_lazy("audit log", "made a draft"),
    "moved": pgettext_lazy("audit log", "moved on or back"),
    "postponed": pgettext_lazy("audit log", "postponed"),
    "paused": pgettext_lazy("audit log", "paused"),
    "cancelled": pgettext_lazy("audit log", "cancelled"),
    "resumed": pgettext_lazy("audit log", "resumed"),
    "stopped": pgettext_lazy("audit log", "stopped"),
    "subscribed": pgettext_lazy("audit log", "subscribed people to"),
    "invited": pgettext_lazy("audit log", "invited"),
    "joined": pgettext_lazy("audit log", "joined"),
    "removed": pgettext_lazy("audit log", "removed"),
    "revoked": pgettext_lazy("audit log", "revoked"),
    "opted_in": pgettext_lazy("audit log", "opted in"),
    "opted_out": pgettext_lazy("audit log", "opted out"),
    "policy_notice": pgettext_lazy("audit log", "was told of a judgement by the provider of"),
    "template_notice": pgettext_lazy("audit log", "was told of a template by the provider of"),
    "sub_flows_read": pgettext_lazy("audit log", "read the sub-flows that live at"),
    "templates_read": pgettext_lazy("audit log", "read the templates of"),
    "settled": pgettext_lazy("audit log", "settled by hand"),
    "registered": pgettext_lazy("audit log", "registered the webhook of"),
    "tested": pgettext_lazy("audit log", "tested the connection of"),
    "disabled": pgettext_lazy("audit log", "disabled"),
    "enabled": pgettext_lazy("audit log", "enabled"),
    "erased": pgettext_lazy("audit log", "erased the person of"),
    "exported": pgettext_lazy("audit log", "exported the data of"),
    "replayed": pgettext_lazy("audit log", "sent again from"),
    "rotated": pgettext_lazy("audit log", "renewed"),
    "linked": pgettext_lazy("audit log", "linked"),
    "unlinked": pgettext_lazy("audit log", "unlinked"),
    "secret_changed": pgettext_lazy("audit log", "changed the secret of"),
    "warned": pgettext_lazy("audit log", "warned the owners"),
}
ACTORS: dict[str, Promise] = {
    "user": _("person"),
    "api_key": _("API key"),
    "contact": _("contact"),
    "system": _("Sequencer itself"),
}
# What changed where no column has that name.
OTHER_FIELDS: dict[str, Promise] = {
    "people": pgettext_lazy("audit log", "people"),
    "rules": pgettext_lazy("audit log", "rules"),
    "note": pgettext_lazy("audit log", "note"),
    "linked_to": pgettext_lazy("audit log", "linked to"),
    "steps": pgettext_lazy("audit log", "messages"),
    "credentials": pgettext_lazy("audit log", "credentials"),
    "is_connected": pgettext_lazy("audit log", "connected"),
    "is_registered": pgettext_lazy("audit log", "registered"),
    "template": pgettext_lazy("audit log", "template"),
    "templates": pgettext_lazy("audit log", "templates"),
    "paused_because": pgettext_lazy("audit log", "why"),
}
# Too long and too technical to be told: that it changed is enough.
CONTENT: dict[str, Promise] = {
    "blocks": pgettext_lazy("audit log", "content changed"),
    "utility_template": pgettext_lazy("audit log", "utility template changed"),
    "sub_flow_id": pgettext_lazy("audit log", "sub-flow changed"),
    "weekdays": pgettext_lazy("audit log", "weekdays changed"),
}
NOTHING, YES, NO = "–", _("yes"), _("no")


def verb_of(event: AuditEvent) -> str:
    return str(VERBS.get(event.verb, event.verb))


def kind_of(event: AuditEvent) -> str:
    return kind_name(event.object_kind)


def kind_name(kind: str) -> str:
    model = kinds().get(kind)
    return str(model._meta.verbose_name) if model else kind


def changes_of(event: AuditEvent) -> list[str]:
    """One line a field: what it was and what it became."""
    model = kinds().get(event.object_kind)
    return [_line(model, name, pair) for name, pair in event.changes.items()]


@cache
def kinds() -> dict[str, type[models.Model]]:
    """Everything that the log can be about, by its kind."""
    found = [model for model in apps.get_models() if issubclass(model, TenantModel) or model is Workspace]
    return {str(model._meta.model_name): model for model in found}


def _line(model: type[models.Model] | None, name: str, pair: Any) -> str:
    if name.startswith("steps.") and name.count(".") == 2:
        _steps, place, name = name.split(".")
        message = _("message %(place)s") % {"place": place}
        return f"{message}, {_line(_step_model(), name, pair)}"
    if name in CONTENT:
        return str(CONTENT[name])
    field = _field(model, name)
    label = OTHER_FIELDS[name] if name in OTHER_FIELDS else getattr(field, "verbose_name", name)
    if not (isinstance(pair, list) and len(pair) == 2):
        return str(label)
    return f"{label}: {_shown(field, pair[0])} → {_shown(field, pair[1])}"


def _step_model() -> type[models.Model] | None:
    return kinds().get("step")


def _field(model: type[models.Model] | None, name: str) -> Any:
    try:
        return model._meta.get_field(name) if model else None
    except FieldDoesNotExist:
        return None


def _shown(field: Any, value: Any) -> str:
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return str(YES if value else NO)
    if getattr(field, "name", "") == "scopes":
        return ", ".join(str(Scope(scope).label) for scope in str(value).split(",") if scope in Scope.values)
    choices = dict(getattr(field, "flatchoices", ()) or ())
    return str(choices.get(value, value))
