"""The kinds of channels in the reader's language."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from channels.backends import KINDS

# Backends know no translation; the other kinds are names.
gettext_noop("Sandbox")


def kind_label(kind: str) -> str:
    return gettext(KINDS[kind].label) if kind in KINDS else kind


class KindFilter(SimpleListFilter):
    title = _("kind")
    parameter_name = "kind__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(kind, kind_label(kind)) for kind in KINDS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(kind=self.value()) if self.value() else queryset
