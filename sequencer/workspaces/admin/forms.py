"""Forms whose saving is an action's work: what it refused appears on the fields."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest
from django.utils.text import capfirst


class ActionForm(forms.ModelForm[Any]):
    """`refused` holds (field, sentence) of a first try; a field that is not on the form speaks for the whole form."""

    request: ClassVar[HttpRequest]
    refused: ClassVar[list[tuple[str, Any]]] = []
    # Where the action's word for a field is not the form's.
    field_names: ClassVar[dict[str, str]] = {}
    shows_labels: ClassVar[bool] = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values() if self.shows_labels else ():
            field.label = capfirst(field.label) if field.label else field.label

    def _post_clean(self) -> None:
        """Neither instance nor constraints: rules and actions decide."""
        for field, sentence in self.refused:
            name = self.field_of(field)
            if name is not None:
                self.add_error(name or None, sentence)

    def field_of(self, path: str) -> str | None:
        """The form's field for a problem's path; "" for the whole form, None when it is shown elsewhere."""
        first = path.split(".")[0]
        names = (self.field_names.get(path), path.replace(".", "_"), self.field_names.get(first), first)
        return next((name for name in names if name in self.fields), "")
