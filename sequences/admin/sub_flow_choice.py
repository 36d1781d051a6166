"""The chooser of a sub-flow: one list for all cards of a sequence, however many of either there are."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from sequencer.workspaces.admin.requests import number_of
from sequences.admin.rows import input_attrs

# A page that repeats a long list in each of many cards is slow; the script fills a card's list when somebody opens it.
MOST_OPTIONS = 600


class SubFlowField(forms.Field):
    """The id of one of `names`; None where nothing was chosen."""

    widget = forms.Select
    default_error_messages = {"invalid_choice": forms.ChoiceField.default_error_messages["invalid_choice"]}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.Select(input_attrs()), **kwargs)
        self.names: dict[int, str] = {}

    def to_python(self, value: Any) -> int | None:
        if value in self.empty_values:
            return None
        number = number_of(str(value))
        if number in self.names:
            return number
        raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice", params={"value": value})

    def __deepcopy__(self, memo: dict[int, Any]) -> SubFlowField:
        copied: SubFlowField = super().__deepcopy__(memo)
        copied.names = self.names
        return copied
