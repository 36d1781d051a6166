"""Buttons as lines of text, one a button, both ways.

Yes please                           answers with its own label
Shop -> https://example.com          opens an address
Tell me more -> more                 answers with a payload
Coupon => subscribe: Spring coupon   does something (subscribe, unsubscribe, add tag, remove tag)
Coupon -> code => add tag: vip       both

The words for what a button does are English or those of whoever writes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from sequences.rules.blocks import TARGETS

Names = Mapping[str, str]
WORDS: dict[str, Promise] = {
    "subscribe": pgettext_lazy("line of a button", "subscribe"),
    "unsubscribe": pgettext_lazy("line of a button", "unsubscribe"),
    "add_tag": pgettext_lazy("line of a button", "add tag"),
    "remove_tag": pgettext_lazy("line of a button", "remove tag"),
}
# Also what was meant as an address and is none: "www.shop.com", "htp:/shop.com", "mailto:…". The rules refuse it then.
_LIKE_AN_ADDRESS = re.compile(r"www\.|[a-z][a-z0-9+.-]*:/|h?t+ps?:|(?:mailto|tel|javascript):", re.IGNORECASE)


def write_lines(taps: Any, names_by_id: Names) -> str:
    """The lines of stored buttons or quick replies; sequences by their names."""
    return (
        "\n".join(_write(tap, names_by_id) for tap in taps if isinstance(tap, dict)) if isinstance(taps, list) else ""
    )


def read_lines(text: str, ids_by_name: Names) -> list[dict[str, Any]]:
    """Buttons of the lines; what is wrong with them is for `check_blocks` to say. Empty lines do not count."""
    return [_read(line, ids_by_name) for line in text.splitlines() if line.strip()]


def _write(tap: dict[str, Any], names_by_id: Names) -> str:
    line = str(tap.get("label", ""))
    target, action = tap.get("url") or tap.get("payload"), tap.get("action")
    if target and not (target == line and not action and _read(line, {}) == tap):
        line += f" -> {target}"
    if isinstance(action, dict):
        verb = str(action.get("action", ""))
        what = action.get("tag") or names_by_id.get(str(action.get("sequence")), action.get("sequence"))
        line += f" => {WORDS.get(verb, verb)}: {what}"
    return line


def _read(line: str, ids_by_name: Names) -> dict[str, Any]:
    # Fonts draw "->" as an arrow, so people paste one.
    head, has_action, deed = _last_split(line.replace("→", "->").replace("⇒", "=>"), "=>")
    label, has_target, target = head.partition("->")
    tap: dict[str, Any] = {"label": label.strip()}
    target = target.strip()
    if has_target and target:
        tap["url" if "://" in target or _LIKE_AN_ADDRESS.match(target) else "payload"] = target
    if has_action:
        tap["action"] = read_action(*_verb_and_target(deed), ids_by_name)
    elif not has_target:
        tap["payload"] = tap["label"]
    return tap


def read_action(verb: str, target: str, ids_by_name: Names) -> dict[str, Any]:
    """An action as it is stored: a sequence by its id."""
    if TARGETS.get(verb) == "sequence":
        return {"action": verb, "sequence": ids_by_name.get(target, target)}
    return {"action": verb, "tag": target}


def _verb_and_target(deed: str) -> tuple[str, str]:
    verb, _, target = deed.partition(":")
    plain = _plain(verb)
    verbs = {**{_plain(str(word)): code for code, word in WORDS.items()}, **{_plain(code): code for code in WORDS}}
    return verbs.get(plain, plain), target.strip()


def _plain(words: str) -> str:
    """Without what people leave out or write otherwise: accents, capitals, the kind of apostrophe."""
    bare = unicodedata.normalize("NFKD", words.replace("’", "'").replace("_", " ").lower())
    return " ".join("".join(letter for letter in bare if not unicodedata.combining(letter)).split())


def _last_split(line: str, by: str) -> tuple[str, str, str]:
    head, found, tail = line.rpartition(by)
    return (head, found, tail) if found else (line, "", "")
