"""The kinds of channels in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.admin import AllValuesFieldListFilter
from django.utils.translation import gettext, gettext_noop

from channels.backends import KINDS

# Backends know no translation; the other kinds are names.
gettext_noop("Sandbox")
gettext_noop("E-mail")


def kind_label(kind: str) -> str:
    return gettext(KINDS[kind].label) if kind in KINDS else kind


class KindFilter(AllValuesFieldListFilter):
    """The kinds that the workspace has."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        for choice in super().choices(changelist):
            yield {**choice, "display": kind_label(str(choice["display"]))}
