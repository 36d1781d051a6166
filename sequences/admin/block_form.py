"""One block of a sub-flow as a card; the type decides which of its fields count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from sequences.admin.block_lines import read_action, read_lines, write_lines
from sequences.admin.rows import in_order, input_attrs, is_added_field, place_field
from sequences.rules.blocks import MAX_BLOCKS, TARGETS

TYPES = [
    ("text", _("Text")),
    ("buttons", _("Text with buttons")),
    ("quick_replies", _("Text with quick replies")),
    ("image", _("Image")),
    ("video", _("Video")),
    ("audio", _("Audio")),
    ("file", _("File")),
    ("pause", _("Pause")),
    ("action", _("Action")),
]
ACTIONS = [
    ("subscribe", _("Subscribe to a sequence")),
    ("unsubscribe", _("Unsubscribe from a sequence")),
    ("add_tag", _("Add a tag")),
    ("remove_tag", _("Remove a tag")),
]
MEDIA = ("image", "video", "audio", "file")
TAPS = {"buttons": "buttons", "quick_replies": "replies"}


class BlockForm(forms.Form):
    """`sequences` are (public id, name) pairs, asked once for all cards."""

    place = place_field()
    is_added = is_added_field()
    type = forms.ChoiceField(choices=TYPES, initial="text", widget=forms.Select(input_attrs()))
    text = forms.CharField(required=False, strip=False, widget=forms.Textarea(input_attrs(rows=3)))
    url = forms.CharField(required=False, widget=forms.TextInput(input_attrs(placeholder="https://…", inputmode="url")))
    taps = forms.CharField(required=False, widget=forms.Textarea(input_attrs(rows=3)))
    seconds = forms.IntegerField(required=False, widget=forms.NumberInput(input_attrs(min=1, max=60)))
    action = forms.ChoiceField(required=False, choices=ACTIONS, initial="subscribe", widget=forms.Select(input_attrs()))
    sequence = forms.ChoiceField(required=False, widget=forms.Select(input_attrs()))
    tag = forms.CharField(required=False, widget=forms.TextInput(input_attrs()))

    def __init__(self, *args: Any, sequences: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ids_by_name = {name: number for number, name in reversed(sequences)}
        self.fields["sequence"].choices = [("", _("Choose a sequence…")), *sequences]  # type: ignore[attr-defined]

    def has_changed(self) -> bool:
        return any(name != "place" for name in self.changed_data)

    def block(self) -> dict[str, Any]:
        """The block as it is stored; values that its type does not know are left out."""
        values, kind = self.cleaned_data, self.cleaned_data["type"]
        text = values["text"].replace("\r\n", "\n")
        if kind in MEDIA:
            caption = {"caption": text} if text.strip() else {}
            return {"type": kind, "url": values["url"], **caption}
        if kind in TAPS:
            return {"type": kind, "text": text, TAPS[kind]: read_lines(values["taps"], self.ids_by_name)}
        if kind == "pause":
            return {"type": kind, "seconds": values["seconds"]}
        if kind == "action":
            verb = values["action"]
            target = values["sequence" if TARGETS.get(verb) == "sequence" else "tag"]
            return {"type": kind, **read_action(verb, target, {})}
        return {"type": kind, "text": text}

    def show(self, parts: list[str], sentence: Any) -> None:
        """A problem below this block, by the rest of its path: on its field, with the line of a button named."""
        if parts and parts[-1] == "sequence" and (name := self._sequence_named(parts)):
            sentence = _("There is no sequence “%(name)s” in this workspace.") % {"name": name}
        field = {"caption": "text", "buttons": "taps", "replies": "taps"}.get(parts[0], parts[0]) if parts else ""
        if field == "taps" and len(parts) > 1 and parts[1].isdecimal():
            sentence = _("Line %(line)s: %(problem)s") % {"line": int(parts[1]) + 1, "problem": sentence}
        self.add_error(field if field in self.fields else None, sentence)

    def _sequence_named(self, parts: list[str]) -> str:
        """What somebody wrote at the place of a sequence."""
        found: Any = self.block()
        for part in parts:
            found = found[int(part)] if isinstance(found, list) else found.get(part, "")
        return str(found)


class BlockFormSet(forms.BaseFormSet):  # type: ignore[type-arg]
    def live_forms(self) -> list[Any]:
        """The blocks that are stored, in their order."""
        shown = [form for form in self.forms if form.has_changed() or form.initial]
        return in_order([form for form in shown if not form.cleaned_data.get("DELETE")])

    def shown_forms(self) -> list[Any]:
        return in_order(self.forms) if self.is_bound else list(self.forms)

    def blocks(self) -> list[dict[str, Any]]:
        return [form.block() for form in self.live_forms()]


def block_form_set(extra: int) -> type[BlockFormSet]:
    return forms.formset_factory(  # type: ignore[return-value]
        BlockForm, formset=BlockFormSet, extra=extra, can_delete=True, max_num=MAX_BLOCKS, absolute_max=MAX_BLOCKS + 50
    )


def initial_of(block: Mapping[str, Any], names_by_id: Mapping[str, str]) -> dict[str, Any]:
    """What the card of a stored block shows."""
    kind = str(block.get("type", "text"))
    return {
        "type": kind,
        "text": block.get("text") or block.get("caption") or "",
        "url": block.get("url", ""),
        "taps": write_lines(block.get(TAPS.get(kind, "")), names_by_id),
        "seconds": block.get("seconds"),
        "action": block.get("action", "subscribe"),
        "sequence": block.get("sequence", ""),
        "tag": block.get("tag", ""),
    }
