"""Repeated rows of a form that people reorder, add and take away: what a row and its list have in common."""

from __future__ import annotations

from typing import Any

from django import forms
from unfold.widgets import BASE_CLASSES

INPUT = " ".join([*BASE_CLASSES, "row-input"])


def input_attrs(**attrs: Any) -> dict[str, Any]:
    """Attributes of a compact input in Unfold's look."""
    return {"class": INPUT, **attrs}


def place_field() -> forms.IntegerField:
    """The row's place in the list; the script keeps it, without the script people write it."""
    return forms.IntegerField(required=False, widget=forms.NumberInput(input_attrs(min=1, step=1)))


def is_added_field() -> forms.CharField:
    """Set in rows that were added by a click: such a row counts even when nothing was written in it."""
    return forms.CharField(required=False, widget=forms.HiddenInput)


def in_order(rows: list[Any]) -> list[Any]:
    """By the numbers that people see; a row without one comes last."""
    return sorted(rows, key=lambda row: (row.cleaned_data.get("place") is None, row.cleaned_data.get("place") or 0))
