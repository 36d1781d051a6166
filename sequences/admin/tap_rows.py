"""One button or quick reply of a block as a row of a form: its label, what it does, and with what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from sequences.admin.typed import kept_line
from sequences.rules.blocks import TARGETS
from sequences.rules.shapes import is_blank

FIELDS = ("label", "does", "url", "payload", "sequence", "tag")
NEW_TAP = {**dict.fromkeys(FIELDS, ""), "does": "payload"}
DOES = [
    ("url", _("opens an address")),
    ("payload", _("answers")),
    ("subscribe", _("subscribes to a sequence")),
    ("unsubscribe", _("unsubscribes from a sequence")),
    ("add_tag", _("adds a tag")),
    ("remove_tag", _("removes a tag")),
]
NO_ADDRESS = _("A quick reply cannot open an address.")


@dataclass
class TapRow:
    """`values` are texts as a form holds them; `stored` is the tap of the stored block that this row shows."""

    prefix: str
    values: dict[str, str]
    stored: Mapping[str, Any] | None = None
    place_of_stored: str = ""
    place: str = ""
    is_added: bool = False
    is_deleted: bool = False
    problems: dict[str, list[Any]] = field(default_factory=dict)

    @property
    def counts(self) -> bool:
        """Whether it is stored: an empty row that nobody touched is none."""
        written = any(self.values[name].strip() for name in FIELDS if name != "does")
        return not self.is_deleted and (written or self.is_added or self.stored is not None)

    def tap(self) -> dict[str, Any]:
        """The button as it is stored: the stored one itself while nothing of it was changed."""
        if self.stored is None:
            return _tap({name: text.strip() for name, text in self.values.items()})
        shown = values_of(self.stored)
        built = _tap({name: kept_line(self.values[name], shown[name]) for name in FIELDS})
        return dict(self.stored) if built == _tap(shown) else built

    def show(self, parts: list[str], sentence: Any, *, is_reply: bool) -> None:
        """A problem on the field that it is about; one that only follows from a missing label is left out."""
        name = parts[-1] if parts and parts[-1] in FIELDS else "does"
        if name == "url" and is_reply and self.values["does"] == "url":
            sentence = NO_ADDRESS
        elif name in ("url", "payload") and self.values["does"] == "payload" and not self.values["label"].strip():
            return
        self.problems.setdefault(name, []).append(sentence)


def values_of(tap: Mapping[str, Any]) -> dict[str, str]:
    """What the row of a stored button shows; an answer that is the label itself is not repeated."""
    action = tap.get("action")
    deed = action if isinstance(action, Mapping) else {}
    label, url, payload = (_text(tap.get(key)) for key in ("label", "url", "payload"))
    does = str(deed.get("action", "")) or ("url" if url else "payload")
    return {
        "label": label,
        "does": does,
        "url": url,
        "payload": "" if does == "payload" and payload == label else payload,
        "sequence": _text(deed.get("sequence")),
        "tag": _text(deed.get("tag")),
    }


def _tap(values: Mapping[str, str]) -> dict[str, Any]:
    does, label, payload = values["does"], values["label"], values["payload"]
    if does == "url":
        return {"label": label, "url": values["url"]}
    if does not in TARGETS:
        return {"label": label, "payload": payload or label}
    answer = {"payload": payload} if payload else {}
    return {"label": label, **answer, "action": {"action": does, TARGETS[does]: values[TARGETS[does]]}}


def _text(value: Any) -> str:
    return "" if is_blank(value) else str(value)
